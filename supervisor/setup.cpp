#include "supervisor/setup.hpp"

#include <chrono>
#include <utility>

#include "supervisor/runtime.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;

// Enough for the first request of a connection that was accepted: a round trip or two, also of a slow client.
constexpr milliseconds kHandover{1'000};
constexpr milliseconds kShortHandover{250};

}  // namespace

Result<Parts> prepare(const std::string& name, const Config& config, Sandboxes sandboxes) {
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
    auto loop = Loop::create();
    if (!loop) return std::unexpected(loop.error());
    auto lanes = Lanes::create(std::move(inherited->sockets));
    if (!lanes) return std::unexpected(lanes.error());
    return Parts{*std::move(loop),     *std::move(lanes),   std::move(inherited->user_runtime),
                 *std::move(paths),    *std::move(watch),   *std::move(directory),
                 *std::move(receiver), std::move(sandboxes)};
}

Settings settings_of(const Config& config, const Lanes& lanes) {
    return {.ready_on_exec = config.proxy.ready == Readiness::exec,
            .probed = config.health.enabled(),
            .reload_by_signal = config.proxy.reload_signal != 0,
            .stop_signal = config.proxy.stop_signal,
            .restart_limit = config.proxy.restart_limit,
            .wait_timeout = config.podman.timeout,
            .start_timeout = config.proxy.start_timeout,
            .stop_timeout = config.proxy.stop_timeout,
            .drain_timeout = config.proxy.drain_timeout,
            .ping_timeout = config.proxy.watchdog,
            .handover = lanes.count() > 1 ? kHandover : milliseconds{0},
            .short_handover = lanes.count() > 1 ? kShortHandover : milliseconds{0}};
}

}  // namespace rs
