// What systemd passes at start (sd_listen_fds(3)): the sockets of the socket units, for the proxy, and the
// directory that OpenFile= of the unit opens, for us.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"

namespace rs {

struct ListenSocket {
    UniqueFd fd;
    std::string name;  // FileDescriptorName=, by default the socket unit's name
};

// One of them as a proxy gets it.
struct PassedSocket {
    int fd;
    std::string_view name;
};

struct Inherited {
    std::vector<ListenSocket> sockets;
    UniqueFd user_runtime;
};

// OpenFile=/run/user:user-runtime:read-only
inline constexpr const char* kUserRuntimeName = "user-runtime";

// Takes ownership of the passed descriptors and removes LISTEN_* from our environment. The order of
// descriptors is defined within a socket unit only, so they are sorted by name, keeping the unit's own order:
// `fd/3` means the same socket at every start. Errors: a name or type that does not fit.
Result<Inherited> take_inherited();

// Where the socket is bound, as ss(8) shows it: "[::]:443", "192.0.2.5:80", "/run/a.sock", "@abstract"; empty
// for one that is not bound to anything of these kinds.
std::string local_address(int fd);

}  // namespace rs
