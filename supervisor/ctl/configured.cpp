#include "supervisor/ctl/configured.hpp"

#include <format>

#include "supervisor/config/config.hpp"
#include "supervisor/config/parse.hpp"
#include "supervisor/ctl/link.hpp"

namespace rs::ctl {

Configured configured(const std::string& name) {
    Configured result;
    result.file = std::format("{}/{}.toml", kConfigDirectory, name);
    const auto config = load_config(result.file);
    if (!config) {
        result.wrong = config.error().text();
        return result;
    }
    result.command = config->proxy.command;
    result.wait_for = config->podman.wait_for;
    result.runtime_dir = config->podman.runtime_dir;
    result.runroot = config->podman.runroot;
    result.network = config->podman.network;
    result.dns = config->podman.dns;
    return result;
}

}  // namespace rs::ctl
