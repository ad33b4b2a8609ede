// What the supervisor says about its proxy, asked over its control socket (control/interface.c, GetStatus).
#pragma once

#include <string>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/base/process.hpp"

namespace rs::audit {

struct PassedSocket {
    int number;           // of the descriptor in the proxy
    std::string address;  // as control/listener.hpp has it
    bool operator==(const PassedSocket&) const = default;
};

struct Told {
    std::string state;
    int supervisor_pid = 0;
    int proxy_pid = 0;  // 0: none runs
    std::string role;   // of that proxy: "serving", else "starting"
    std::string config_file;
    bool config_changed = false;
    int pause_pid = 0;  // 0: Podman's namespaces are missing at present
    std::string user_namespace, network_namespace;
    std::vector<PassedSocket> sockets;
};

struct Answer {
    Told told;
    Process supervisor;  // the one that listens, as the kernel vouches for it (SO_PEERCRED, unix(7))
};

// Waits at most five seconds. Error: in words; its code is ENOENT, ECONNREFUSED and the like where nobody
// listens.
Result<Answer> ask(const std::string& socket_path);

// Of the parameters of GetStatus's answer, as JSON text. Error: what is missing.
Result<Told> parse_told(const std::string& json);

}  // namespace rs::audit
