#include "supervisor/launch/listener.hpp"

#include <poll.h>
#include <sys/ioctl.h>

#include <utility>

namespace rs {
namespace {

// As the control socket's: neither can keep the other waiting.
constexpr std::int64_t kPriority = SD_EVENT_PRIORITY_NORMAL + 10;

}  // namespace

Result<std::unique_ptr<Listener>> Listener::attach(Loop& loop, UniqueFd fd, Judge judge) {
    std::unique_ptr<Listener> listener{new Listener{std::move(fd), std::move(judge)}};
    auto source = loop.on_readable(listener->fd_.get(), [self = listener.get()] { self->readable(); });
    if (!source) return std::unexpected(source.error());
    source->set_priority(kPriority);
    listener->on_readable_ = *std::move(source);
    return listener;
}

void Listener::readable() {
    // The kernel's ioctl waits where there is nothing to receive.
    pollfd state{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    ::poll(&state, 1, 0);
    if ((state.revents & POLLIN) == 0) {
        // POLLHUP: nobody is left under the filter, which would keep the loop busy.
        if (state.revents != 0) on_readable_.reset();
        return;
    }
    seccomp_notif call{};
    // ENOENT: the caller was killed meanwhile; likewise for the answer.
    if (::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) return;
    const int code = judge_(call.data);
    seccomp_notif_resp answer{};
    answer.id = call.id;
    answer.error = code == kGoOn ? 0 : -code;
    answer.flags = code == kGoOn ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
    ::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

}  // namespace rs
