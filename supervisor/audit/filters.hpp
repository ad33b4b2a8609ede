// The system call filters of a live process, from the kernel itself.
#pragma once

#include <sys/types.h>

#include "supervisor/audit/facts.hpp"
#include "supervisor/base/error.hpp"

namespace rs::audit {

// Stops the process's first thread (PTRACE_SEIZE and PTRACE_INTERRUPT, ptrace(2)) for as long as it takes to
// copy its filters, one system call for each; other threads run on. The thread is let go in any case, also
// when this process dies (no PTRACE_O_EXITKILL). Errors: PTRACE_SECCOMP_GET_FILTER takes CAP_SYS_ADMIN
// outside of all user namespaces, a caller without a filter of its own and a kernel with
// CONFIG_CHECKPOINT_RESTORE; a thread that does not stop within a second.
//
// Call with SIGCHLD as at program start, and with no children.
Result<Filters> dump_filters(pid_t pid);

}  // namespace rs::audit
