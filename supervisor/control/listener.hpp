// What the kernel tells of a listening socket.
#pragma once

#include <string>

#include "supervisor/control/status.hpp"

namespace rs::control {

// `fd` is ours, `number` the proxy's. The queue of TCP sockets is tcpi_unacked and its limit tcpi_sacked of
// TCP_INFO (tcp(7); net/ipv4/tcp.c, tcp_get_info: for a socket in state LISTEN these two are the accept
// queue). Other sockets have no such question; what cannot be asked is left out.
Socket describe_listener(int fd, int number, const std::string& name);

}  // namespace rs::control
