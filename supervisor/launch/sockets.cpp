#include "supervisor/launch/sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <format>

namespace rs {
namespace {

bool is_directory(int fd) {
    struct stat status{};
    return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

std::string internet_address(int family, const void* address, in_port_t port) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family, address, text.data(), text.size());
    const unsigned number = ntohs(port);
    return family == AF_INET6 ? std::format("[{}]:{}", text.data(), number)
                              : std::format("{}:{}", text.data(), number);
}

template <class Address>
Address as(const sockaddr_storage& storage) {
    Address address{};
    std::memcpy(&address, &storage, sizeof address);
    return address;
}

// unix(7): a path ends with its null byte, an abstract name begins with one and ends with the address.
std::string unix_address(const sockaddr_un& address, socklen_t size) {
    const auto length = size - offsetof(sockaddr_un, sun_path);
    if (size <= offsetof(sockaddr_un, sun_path)) return {};
    if (address.sun_path[0] == '\0') return '@' + std::string(address.sun_path + 1, length - 1);
    return {address.sun_path, ::strnlen(address.sun_path, length)};
}

}  // namespace

std::string local_address(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0) return {};
    switch (address.ss_family) {
        case AF_INET: {
            const auto ipv4 = as<sockaddr_in>(address);
            return internet_address(AF_INET, &ipv4.sin_addr, ipv4.sin_port);
        }
        case AF_INET6: {
            const auto ipv6 = as<sockaddr_in6>(address);
            return internet_address(AF_INET6, &ipv6.sin6_addr, ipv6.sin6_port);
        }
        case AF_UNIX:
            return unix_address(as<sockaddr_un>(address), size);
        default:
            return {};
    }
}

Result<Inherited> take_inherited() {
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    if (count < 0) return fail_errno("cannot take the descriptors that systemd passes (LISTEN_FDS)", -count);
    ::unsetenv("LISTEN_PIDFDID");  // systemd 259 adds it; 257's library does not know to remove it

    Inherited inherited;
    for (int i = 0; i < count; ++i) {
        ListenSocket passed{UniqueFd{SD_LISTEN_FDS_START + i}, names[i]};
        std::free(names[i]);
        if (passed.name == kUserRuntimeName) {
            inherited.user_runtime = std::move(passed.fd);
        } else {
            inherited.sockets.push_back(std::move(passed));
        }
    }
    std::free(static_cast<void*>(names));

    if (inherited.user_runtime && !is_directory(inherited.user_runtime.get())) {
        return fail(
            std::format("the descriptor named '{}' is not a directory; set OpenFile=/run/user:{}:read-only",
                        kUserRuntimeName, kUserRuntimeName));
    }
    std::ranges::stable_sort(inherited.sockets, {}, &ListenSocket::name);
    return inherited;
}

}  // namespace rs
