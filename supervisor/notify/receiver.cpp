#include "supervisor/notify/receiver.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <string_view>

namespace rs {
namespace {

// systemd reads no more than this either (notify protocol, NOTIFY_BUFFER_MAX).
constexpr std::size_t kDatagramMax = 4096;
constexpr std::size_t kDescriptorsMax = 253;  // SCM_MAX_FD, unix(7)

std::optional<ucred> take_control(msghdr& header) {
    std::optional<ucred> credentials;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != SOL_SOCKET) continue;
        if (control->cmsg_type == SCM_CREDENTIALS) {
            credentials.emplace();
            std::memcpy(&*credentials, CMSG_DATA(control), sizeof(ucred));
        }
        if (control->cmsg_type == SCM_RIGHTS) {
            const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof fd);
                const UniqueFd closed{fd};
            }
        }
    }
    return credentials;
}

}  // namespace

Result<NotifyReceiver> NotifyReceiver::create(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof address.sun_path)
        return fail_errno(std::format("notify socket '{}'", path), ENAMETOOLONG);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

    UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return fail_errno("cannot create the notify socket", errno);
    const int on = 1;
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
        return fail_errno("cannot ask for credentials on the notify socket", errno);
    }
    if (::unlink(path.c_str()) < 0 && errno != ENOENT) {
        return fail_errno(std::format("cannot remove the old notify socket '{}'", path), errno);
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return fail_errno(std::format("cannot bind the notify socket '{}'", path), errno);
    }
    return NotifyReceiver{std::move(socket), path};
}

std::optional<NotifyReceiver::Received> NotifyReceiver::receive() {
    std::array<char, kDatagramMax> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(kDescriptorsMax * sizeof(int))>
        control{};
    iovec part{.iov_base = text.data(), .iov_len = text.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();

    const ssize_t got = ::recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return std::nullopt;
    const auto credentials = take_control(header);
    if (!credentials || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::nullopt;
    return Received{credentials->pid, parse_notify({text.data(), static_cast<std::size_t>(got)})};
}

}  // namespace rs
