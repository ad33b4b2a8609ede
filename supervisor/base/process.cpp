#include "supervisor/base/process.hpp"

#include <poll.h>

extern "C" {  // the header of glibc 2.41 forgets it
#include <sys/pidfd.h>
}

#include <cerrno>
#include <format>

namespace rs {

Result<Process> Process::open(pid_t pid) {
    UniqueFd pidfd{::pidfd_open(pid, 0)};  // pidfds are born CLOEXEC
    if (!pidfd) return fail_errno(std::format("process {}", pid), errno);
    return Process{pid, std::move(pidfd)};
}

bool Process::alive() const {
    // pidfd_open(2): a pidfd becomes readable when its process terminates.
    pollfd waiting{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    return pidfd_ && ::poll(&waiting, 1, 0) == 0;
}

Result<> Process::signal(int number) const {
    if (::pidfd_send_signal(pidfd_.get(), number, nullptr, 0) < 0) {
        return fail_errno(std::format("process {}", pid_), errno);
    }
    return {};
}

}  // namespace rs
