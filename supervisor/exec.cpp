#include "supervisor/exec.hpp"

#include <unistd.h>

#include <cstdlib>
#include <format>
#include <ranges>
#include <string_view>

#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/launch/child.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/runtime.hpp"
#include "supervisor/sandbox.hpp"

namespace rs {
namespace {

int give_up(ExitStatus status, const std::string& why) {
    spdlog::error("{}", why);
    return to_int(status);
}

// As execvp(3) searches PATH, but done before the namespaces change and without its fallback to /bin/sh.
std::string find_program(const std::string& name) {
    if (name.contains('/')) return name;
    const char* path = std::getenv("PATH");
    for (const auto part :
         std::views::split(std::string_view{path != nullptr ? path : "/usr/bin:/bin"}, ':')) {
        std::string candidate = std::format("{}/{}", std::string_view{part}, name);
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return {};
}

// The host's /etc/resolv.conf knows no container: the command gets one of its own.
Result<std::string> resolv_conf_for(const PodmanPaths& paths, const Network& network) {
    if (!network.names) return std::string{};
    auto directory = own_directory(paths, "exec");
    if (!directory) return std::unexpected(directory.error());
    return publish_resolv_conf(*directory, network.names->chosen);
}

}  // namespace

int exec_in_network(const Config& whole, const std::vector<std::string>& command) {
    if (::geteuid() == 0) {
        return give_up(ExitStatus::usage,
                       "exec must be run by the user who owns the containers, not by root: "
                       "runuser -u USER -- rootless-supervisor exec ...");
    }
    const std::string program = find_program(command.front());
    if (program.empty()) {
        return give_up(ExitStatus::not_found, std::format("cannot find '{}' in PATH", command.front()));
    }

    const PodmanConfig& config = whole.podman;
    const auto paths = podman_paths(config.runtime_dir, config.runroot, UniqueFd{});
    if (!paths) return give_up(ExitStatus::config, paths.error().message);
    const auto network = look(*paths, config);
    if (!network) return give_up(ExitStatus::unavailable, network.error().reason);
    const auto resolv_conf = resolv_conf_for(*paths, *network);
    if (!resolv_conf) return give_up(ExitStatus::os_error, resolv_conf.error().message);
    const auto sandbox = make_exec_sandbox(whole, program);
    if (!sandbox) return give_up(ExitStatus::config, sandbox.error().message);
    for (const auto& warning : sandbox->warnings)
        spdlog::warn("{}", warning);

    const auto launch = compile({.program = program,
                                 .command = command,
                                 .sockets = {},
                                 .user_ns = network->namespaces.user.get(),
                                 .net_ns = network->namespaces.net.get(),
                                 .notify_socket = {},
                                 .resolv_conf = *resolv_conf,
                                 .supervised = false,
                                 .sandbox = *sandbox});
    if (!launch) return give_up(ExitStatus::os_error, launch.error().message);

    const ChildFailure failure = carry_out(launch->plan());
    spdlog::error("{}", describe(failure, program));
    return exit_status_of(failure);
}

}  // namespace rs
