// Which system calls a process may make, by name: plain data, to be compiled into a BPF program
// (seccomp.hpp).
#pragma once

#include <linux/seccomp.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
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
inline constexpr Action kKill = SECCOMP_RET_KILL_PROCESS;
// What a kernel without the call answers; libraries that try a new call first then take the old one.
inline constexpr Action kAbsent = refuse_with(ENOSYS);
inline constexpr Action kForbidden = refuse_with(EPERM);

// Calls with one answer, whatever their arguments.
struct SyscallGroup {
    std::string name;  // for people; systemd's name (systemd.exec(5), SystemCallFilter=) where it has one
    Action action;
    std::vector<std::string> calls;
};

// A call that is answered by `action` when (argument & mask) == value. There is deliberately no other
// comparison: libseccomp combines "less" and "not equal" into programs that allow too much. Of two rules for
// one call no value may match both.
struct ArgumentRule {
    std::string call;
    unsigned argument;  // 0 to 5
    std::uint64_t mask;
    std::uint64_t value;
    Action action;
};

struct SyscallPolicy {
    Action otherwise;  // for every call, or argument, not named below
    // The newest call that the authors of this policy have thought about. Calls above it are answered with
    // ENOSYS, whether or not this kernel or libseccomp has them, so that a policy means the same everywhere.
    std::string newest;
    std::vector<SyscallGroup> groups;
    std::vector<ArgumentRule> rules;
};

}  // namespace rs::policy
