#include "supervisor/setup.hpp"

#include <utility>

#include "supervisor/runtime.hpp"

namespace rs {

Result<Parts> prepare(const std::string& name, const Config& config) {
    auto inherited = take_inherited();
    if (!inherited) return std::unexpected(inherited.error());
    auto paths = podman_paths(config.podman.runtime_dir, config.podman.runroot, inherited->user_runtime);
    if (!paths) return std::unexpected(paths.error());
    auto watch = Watch::create(*paths);
    if (!watch) return std::unexpected(watch.error());
    auto directory = own_directory(*paths, name);
    if (!directory) return std::unexpected(directory.error());
    auto receiver = NotifyReceiver::create(*directory + "/notify");
    if (!receiver) return std::unexpected(receiver.error());
    auto filter = policy::compile_proxy_filter();
    if (!filter) return std::unexpected(filter.error());
    auto loop = Loop::create();
    if (!loop) return std::unexpected(loop.error());
    return Parts{*std::move(loop),      *std::move(inherited), *std::move(paths), *std::move(watch),
                 *std::move(directory), *std::move(receiver),  *std::move(filter)};
}

Settings settings_of(const Config& config) {
    return {.ready_on_exec = config.proxy.ready == Readiness::exec,
            .probed = config.health.enabled(),
            .reload_by_signal = config.proxy.reload_signal != 0,
            .stop_signal = config.proxy.stop_signal,
            .restart_limit = config.proxy.restart_limit,
            .wait_timeout = config.podman.timeout,
            .start_timeout = config.proxy.start_timeout,
            .stop_timeout = config.proxy.stop_timeout,
            .drain_timeout = config.proxy.drain_timeout,
            .ping_timeout = config.proxy.watchdog};
}

}  // namespace rs
