// A process is a pidfd (pidfd_open(2)); the number is kept for people and for files under /proc only.
#pragma once

#include <sys/types.h>

#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"

namespace rs {

class Process {
  public:
    Process() = default;

    // The pid must not be reaped meanwhile (own child), or the caller re-checks afterwards whose it is.
    static Result<Process> open(pid_t pid);

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] int fd() const { return pidfd_.get(); }
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(pidfd_); }

    // False as soon as the process has ended, also while it is a zombie.
    [[nodiscard]] bool alive() const;

    // Errors: ESRCH when it has ended, EPERM. pidfd_send_signal(2) can hit no other process.
    [[nodiscard]] Result<> signal(int number) const;

  private:
    Process(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

    pid_t pid_ = -1;
    UniqueFd pidfd_;
};

}  // namespace rs
