// From names to this machine's numbers, and what a policy says about one call.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <map>

#include "policy/syscall_policy.hpp"
#include "supervisor/base/error.hpp"

namespace rs::policy {

// No architecture has calls of its own from here on. x32 shares x86-64's architecture number and marks its
// calls by this bit (syscall(2), "Architecture calling conventions").
inline constexpr std::uint32_t kForeignNumbers = 0x4000'0000;

struct ResolvedPolicy {
    Action otherwise;
    std::uint32_t
        arch;    // AUDIT_ARCH_* of the only architecture whose calls are answered by anything but a kill
    int newest;  // numbers above it do not exist
    std::map<int, CallPolicy> calls;
};

// A call that only other architectures have is left out, and so is one that libseccomp is too old for: what
// is left out is refused. Errors: a name that is no system call, a rule that cannot match or clashes with
// another.
Result<ResolvedPolicy> resolve(const SyscallPolicy& policy);

// What the policy means, said without BPF: the yardstick for the compiled program.
Action decide(const ResolvedPolicy& policy, const seccomp_data& data);

}  // namespace rs::policy
