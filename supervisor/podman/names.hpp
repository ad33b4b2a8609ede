// Who answers for container names: the aardvark-dns configuration that netavark writes, one file per network.
//
// Line 1 of a file is `gw4,gw6[ dns1,dns2]`, the addresses that aardvark-dns listens on, port 53, for this
// network alone (aardvark-dns, config/mod.rs; netavark writes the files). Internal networks carry the suffix
// "%int" in the file name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/podman/discover.hpp"

namespace rs {

struct NameServer {
    std::string network;  // as `podman network ls` says it
    std::string address;  // of the gateway, IPv4 where there is one
    bool operator==(const NameServer&) const = default;
};

// The first address of the first line that is one; empty where there is none (yet: files are not written
// atomically).
std::string parse_gateway(std::string_view aardvark_file);

struct NameServerChoice {
    NameServer chosen;
    std::vector<std::string> others;  // networks that were passed over because none was configured
};

// `directory` as this process reaches it; `network` as configured, or empty for the only one, else the first
// by name.
std::expected<NameServerChoice, Missing> choose_name_server(const std::string& directory,
                                                            const std::string& network);

// What /etc/resolv.conf has to say for it (resolv.conf(5)).
std::string resolv_conf(const NameServer& server);

}  // namespace rs
