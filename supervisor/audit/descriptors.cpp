#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {  // the header of glibc 2.41 forgets it
#include <sys/pidfd.h>
}

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <format>
#include <memory>

#include "supervisor/audit/look.hpp"
#include "supervisor/audit/parse.hpp"
#include "supervisor/base/file.hpp"
#include "supervisor/base/text.hpp"
#include "supervisor/control/listener.hpp"

namespace rs::audit {
namespace {

std::string link_at(const std::string& path) {
    std::string target(4096, '\0');
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    target.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return one_line(target, 200);
}

int option(int fd, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

// TCP and Unix sockets say so; of the others, those of UDP that have a port and no peer.
bool listens(int fd) {
    if (option(fd, SO_ACCEPTCONN) == 1) return true;
    const int domain = option(fd, SO_DOMAIN);
    if (option(fd, SO_TYPE) != SOCK_DGRAM || (domain != AF_INET && domain != AF_INET6)) return false;
    sockaddr_in6 address{};  // the port lies where sockaddr_in has it
    socklen_t length = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) < 0 || address.sin6_port == 0)
        return false;
    length = sizeof address;
    return ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) < 0 && errno == ENOTCONN;
}

std::optional<std::uint16_t> tcp_port(int fd) {
    const int domain = option(fd, SO_DOMAIN);
    if (option(fd, SO_TYPE) != SOCK_STREAM || (domain != AF_INET && domain != AF_INET6)) return std::nullopt;
    sockaddr_in6 address{};
    socklen_t length = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) < 0) return std::nullopt;
    return ntohs(address.sin6_port);
}

std::optional<Listener> listener_of(int fd, int number) {
    if (!listens(fd)) return std::nullopt;
    const auto described = control::describe_listener(fd, number, "");
    return Listener{described.protocol, described.address, tcp_port(fd)};
}

}  // namespace

std::vector<Descriptor> read_descriptors(const Process& process, std::vector<std::string>& unread) {
    std::vector<Descriptor> all;
    const std::string directory = std::format("/proc/{}/fd", process.pid());
    const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> open{
        ::opendir(directory.c_str())};
    if (!open) {
        unread.push_back(std::format("its descriptors ({})", reason_of(errno)));
        return all;
    }
    std::size_t unasked = 0;
    while (const dirent* entry = ::readdir(open.get())) {
        Descriptor seen;
        const std::string_view name{entry->d_name};
        if (std::from_chars(name.data(), name.data() + name.size(), seen.number).ec != std::errc{}) continue;
        const std::string path = std::format("{}/{}", directory, name);
        seen.leads_to = link_at(path);
        seen.mount = parse_mount_id(
            read_small_file(std::format("/proc/{}/fdinfo/{}", process.pid(), name)).value_or(""));
        struct stat status{};
        seen.device =
            ::stat(path.c_str(), &status) == 0 && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode));
        if (seen.leads_to.starts_with("socket:")) {
            const UniqueFd copy{::pidfd_getfd(process.fd(), seen.number, 0)};
            if (copy) seen.listener = listener_of(copy.get(), seen.number);
            if (!copy && errno != EBADF) ++unasked;  // EBADF: closed meanwhile
        }
        all.push_back(std::move(seen));
    }
    if (unasked > 0) unread.push_back(std::format("whether {} of its sockets listen", unasked));
    std::ranges::sort(all, {}, &Descriptor::number);
    return all;
}

}  // namespace rs::audit
