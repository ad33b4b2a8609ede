// What both `run` and `exec` need: the namespaces, the name server, and files of our own for the proxy.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "supervisor/base/error.hpp"
#include "supervisor/config/config.hpp"
#include "supervisor/podman/discover.hpp"
#include "supervisor/podman/names.hpp"

namespace rs {

// Everything that must be there before a program can start in Podman's network.
struct Network {
    Namespaces namespaces;
    std::optional<NameServerChoice> names;  // nothing with dns = false
};
std::expected<Network, Missing> look(const PodmanPaths& paths, const PodmanConfig& config);

// $RUNTIME_DIRECTORY of the unit, else a directory below the user's runtime directory (created if need be).
Result<std::string> own_directory(const PodmanPaths& paths, const std::string& name);

// Writes `directory`/resolv.conf. Returns the file to put over /etc/resolv.conf, or nothing if the unit has
// bound it there already (BindReadOnlyPaths=), which is why it is written in place.
Result<std::string> publish_resolv_conf(const std::string& directory, const NameServer& server);

// "net:[4026532312]", as lsns(8) and ls -l /proc/PID/ns show it.
std::string shown(const NamespaceId& net);

}  // namespace rs
