#include "supervisor/control/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <format>

namespace rs::control {
namespace {

std::string unix_address(const sockaddr_un& address, socklen_t length) {
    if (length <= offsetof(sockaddr_un, sun_path)) return "unnamed";
    const std::size_t size = length - offsetof(sockaddr_un, sun_path);
    const char* path = static_cast<const char*>(address.sun_path);
    if (path[0] == '\0') return "@" + std::string(path + 1, size - 1);  // abstract, unix(7)
    return {path, ::strnlen(path, size)};
}

std::string address_of(int fd) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) < 0) return "unknown";
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (storage.ss_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, &storage, sizeof address);
        ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
        return std::format("{}:{}", text.data(), ntohs(address.sin_port));
    }
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 address{};
        std::memcpy(&address, &storage, sizeof address);
        ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
        return std::format("[{}]:{}", text.data(), ntohs(address.sin6_port));
    }
    if (storage.ss_family == AF_UNIX) {
        sockaddr_un address{};
        std::memcpy(&address, &storage, sizeof address);
        return unix_address(address, length);
    }
    return "unknown";
}

std::string protocol_of(int fd) {
    int type = 0;
    socklen_t length = sizeof type;
    ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
    if (type == SOCK_DGRAM) return "datagram";
    return type == SOCK_SEQPACKET ? "seqpacket" : "stream";
}

}  // namespace

Socket describe_listener(int fd, int number, const std::string& name) {
    Socket socket{.fd = number,
                  .name = name,
                  .protocol = protocol_of(fd),
                  .address = address_of(fd),
                  .queue = {},
                  .backlog = {}};
    tcp_info info{};
    socklen_t length = sizeof info;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_LISTEN) {
        socket.queue = static_cast<int>(info.tcpi_unacked);
        socket.backlog = static_cast<int>(info.tcpi_sacked);
    }
    return socket;
}

}  // namespace rs::control
