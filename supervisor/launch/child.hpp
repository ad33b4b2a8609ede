// The part that runs between fork and exec. Async-signal-safe throughout (signal-safety(7)).
#pragma once

#include "supervisor/launch/plan.hpp"
#include "supervisor/launch/stage.hpp"

namespace rs {

// Carries the plan out in the calling process, which must have one thread. Returns only on failure; the
// process is then half way into the sandbox and must do nothing but report and exit. The listener of a filter
// that asks goes into `status_fd`; a plan without such a filter needs none.
ChildFailure carry_out(const LaunchPlan& plan, int status_fd = -1) noexcept;

// The same for a forked child: a failure goes into `status_fd`, too (a SOCK_SEQPACKET socket, CLOEXEC, so
// success closes it).
[[noreturn]] void run_child(const LaunchPlan& plan, int status_fd) noexcept;

}  // namespace rs
