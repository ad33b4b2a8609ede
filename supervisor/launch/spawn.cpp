#include "supervisor/launch/spawn.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "supervisor/launch/child.hpp"

namespace rs {
namespace {

UniqueFd passed_in(msghdr& message) {
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return {};
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return UniqueFd{fd};
}

}  // namespace

Result<Spawned> spawn(const CompiledLaunch& launch) {
    std::array<int, 2> ends{};
    // Messages stay whole, and end of file tells of the exec as with a pipe.
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0)
        return fail_errno("cannot create the status socket", errno);
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

ChildNews read_status(const UniqueFd& status) {
    ChildReport report;
    iovec bytes{.iov_base = &report, .iov_len = sizeof report};
    alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(status.get(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EAGAIN) return {.kind = ChildNews::Kind::none};
    if (got != static_cast<ssize_t>(sizeof report)) return {.kind = ChildNews::Kind::executed};
    UniqueFd listener = passed_in(message);
    switch (report.kind) {
        case ChildReport::Kind::listening:
            if (listener) return {.kind = ChildNews::Kind::listening, .listener = std::move(listener)};
            // unix(7): descriptors that do not fit into our table are left out.
            return {.kind = ChildNews::Kind::not_listening, .failure = {Stage::listener, EMFILE}};
        case ChildReport::Kind::not_listening:
            return {.kind = ChildNews::Kind::not_listening, .failure = report.failure};
        case ChildReport::Kind::failed:
            return {.kind = ChildNews::Kind::failed, .failure = report.failure};
    }
    std::unreachable();
}

}  // namespace rs
