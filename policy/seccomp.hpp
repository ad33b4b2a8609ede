// System call filters as the kernel takes them.
//
// Everything here allocates and belongs before the fork. The child then only hands the instructions to
// seccomp(2), SECCOMP_SET_MODE_FILTER, as its last step before execve(2).
#pragma once

#include <linux/filter.h>

#include <vector>

#include "policy/syscall_policy.hpp"
#include "supervisor/base/error.hpp"

namespace rs::policy {

// At most BPF_MAXINSNS instructions, so the length fits a sock_fprog.
struct SeccompProgram {
    std::vector<sock_filter> instructions;
};

// The program for this machine's architecture, checked against the policy call by call. Errors: those of the
// policy itself (a name that is no system call, contradictory rules), out of memory, a program that is
// too long or that does not do what the policy says.
Result<SeccompProgram> compile_filter(const SyscallPolicy& policy);

}  // namespace rs::policy
