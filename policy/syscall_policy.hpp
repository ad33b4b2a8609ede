// Which system calls a process may make, by name: plain data, to be compiled into a BPF program
// (seccomp.hpp), shown to people, and compared.
#pragma once

#include <linux/seccomp.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rs::policy {

// What the kernel does with a call: a return value of a filter as in seccomp(2), "Filter return values".
// libseccomp's SCMP_ACT_* are the same numbers.
using Action = std::uint32_t;

// The call is not made and returns this errno.
constexpr Action refuse_with(int code) {
    return SECCOMP_RET_ERRNO | (static_cast<Action>(code) & SECCOMP_RET_DATA);
}

inline constexpr Action kAllow = SECCOMP_RET_ALLOW;
inline constexpr Action kLog = SECCOMP_RET_LOG;  // allowed, and told to the audit log
inline constexpr Action kKill = SECCOMP_RET_KILL_PROCESS;
// What a kernel without the call answers; libraries that try a new call first then take the old one.
inline constexpr Action kAbsent = refuse_with(ENOSYS);
inline constexpr Action kForbidden = refuse_with(EPERM);

constexpr bool is_allowed(Action action) {
    return action == kAllow || action == kLog;
}

constexpr bool is_errno(Action action) {
    return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

constexpr int errno_in(Action action) {
    return static_cast<int>(action & SECCOMP_RET_DATA);
}

// What a smaller kernel would answer as well. Libraries ask for such things first and go on without: no news
// for anybody.
constexpr bool pretends_absence(Action action) {
    return action == kAbsent || action == refuse_with(EAFNOSUPPORT);
}

// Holds when (argument & mask) == value. There is deliberately no other comparison: "less" and "not equal"
// are where compilers of filters make programs that allow too much.
struct Condition {
    unsigned argument;  // 0 to 5
    std::uint64_t mask;
    std::uint64_t value;
    bool operator==(const Condition&) const = default;
};

// Holds when every condition does. No argument is looked at twice.
struct ArgumentRule {
    std::vector<Condition> conditions;
    Action action{};
    bool operator==(const ArgumentRule&) const = default;
};

struct CallPolicy {
    Action action{};                  // without rules, or when none holds
    std::vector<ArgumentRule> rules;  // two that can hold together have the same action
    bool operator==(const CallPolicy&) const = default;
};

struct SyscallPolicy {
    Action otherwise;  // for every call not named below
    // The newest call that the authors of this policy have thought about. Calls above it, and above all that
    // are named below, are answered with ENOSYS, whether or not this kernel or libseccomp has them, so that a
    // policy means the same everywhere. Empty: as new as what is named below.
    std::string newest;
    std::map<std::string, CallPolicy> calls;
    bool operator==(const SyscallPolicy&) const = default;
};

}  // namespace rs::policy
