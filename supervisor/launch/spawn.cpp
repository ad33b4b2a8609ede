#include "supervisor/launch/spawn.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "supervisor/launch/child.hpp"

namespace rs {

Result<Spawned> spawn(const CompiledLaunch& launch) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) < 0)
        return fail_errno("cannot create the status pipe", errno);
    UniqueFd status{ends[0]};
    const UniqueFd report{ends[1]};
    auto lifted = lift(report.get(), launch.first_free_fd());
    if (!lifted) return std::unexpected(lifted.error());

    // _Fork(3): no handlers of libraries run in the child. clone3(2) would give the pidfd at once, but
    // RestrictNamespaces= answers it with ENOSYS; opening it afterwards is as good while nobody reaps the
    // child.
    const pid_t pid = ::_Fork();
    if (pid < 0) return fail_errno("cannot fork", errno);
    if (pid == 0) run_child(launch.plan(), lifted->get());

    auto process = Process::open(pid);
    if (!process) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return std::unexpected(process.error());
    }
    return Spawned{std::move(*process), std::move(status)};
}

std::optional<ChildFailure> read_status(const UniqueFd& status) {
    ChildFailure failure;
    const ssize_t got = ::read(status.get(), &failure, sizeof failure);
    if (got == static_cast<ssize_t>(sizeof failure)) return failure;
    return std::nullopt;
}

}  // namespace rs
