#include "policy/asking.hpp"

#include <linux/bpf_common.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <format>

#include "policy/names.hpp"

namespace rs::policy {
namespace {

// Of most arguments the kernel takes the lower half (an int).
std::uint32_t word(std::uint64_t argument) {
    return static_cast<std::uint32_t>(argument);
}

}  // namespace

SeccompProgram asking(const SeccompProgram& program) {
    SeccompProgram asking = program;
    for (auto& instruction : asking.instructions) {
        if (instruction.code != (BPF_RET | BPF_K)) continue;
        if (is_errno(instruction.k) && !pretends_absence(instruction.k))
            instruction.k = SECCOMP_RET_USER_NOTIF;
    }
    return asking;
}

bool can_hand_over(const ResolvedPolicy& policy) {
    const auto call = policy.calls.find(SYS_sendmsg);
    return call != policy.calls.end() && is_allowed(call->second.action) && call->second.rules.empty();
}

int refusal_of(const ResolvedPolicy& policy, const seccomp_data& call) {
    const Action action = decide(policy, call);
    return is_errno(action) ? errno_in(action) : EPERM;
}

std::string shown_arguments(const seccomp_data& call) {
    switch (call.nr) {
        case SYS_socket:
        case SYS_socketpair:
            return std::format("{}, {}, {}", family_name(word(call.args[0])), word(call.args[1]),
                               word(call.args[2]));
        case SYS_ioctl:
            return std::format("request {:#x}", word(call.args[1]));
        case SYS_prctl:
            return std::format("option {:#x}", word(call.args[0]));
        case SYS_clone:
            return std::format("flags {:#x}", call.args[0]);
        case SYS_personality:
            return std::format("{:#x}", word(call.args[0]));
        default:
            return {};
    }
}

}  // namespace rs::policy
