// What the machine wants done.
#include <csignal>
#include <cstring>
#include <format>
#include <random>
#include <utility>

#include "supervisor/app.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/config/describe.hpp"
#include "supervisor/config/parse.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;

// What systemd's own TimeoutStopSec= must leave us beyond the proxy's stop timeout, to kill, reap and say so.
constexpr milliseconds kStopMargin{5'000};

std::string listed(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names)
        list += (list.empty() ? "" : ", ") + name;
    return list;
}

// A pause of backoff varies by a quarter, so that many services that fail together do not retry together.
milliseconds with_jitter(milliseconds pause) {
    static std::minstd_rand random{std::random_device{}()};
    return std::chrono::duration_cast<milliseconds>(pause *
                                                    std::uniform_real_distribution{0.75, 1.25}(random));
}

}  // namespace

void App::follow_units() {
    units_ = std::make_unique<UserUnits>(parts_.paths, config_.podman.wait_for, config_.podman.start);
}

// Arms first, then looks: what changes in between wakes us again.
void App::perform(const effect::Look&) {
    const auto look_again = [this] { perform(effect::Look{}); };
    if (auto armed = parts_.watch->arm(parts_.loop, look_again); !armed) {
        spdlog::error("cannot watch Podman: {}", armed.error().message);
    }
    units_->arm(parts_.loop, look_again);
    if (!machine_.serving && units_->asking()) return;  // the answer wakes us
    auto found = all_there();
    if (!found) return post(event::NetworkMissing{found.error().text()});
    adopt(*std::move(found));
    post(event::NetworkFound{generation_});
}

// The units are waited for, not lived by: a proxy that serves goes on without them.
std::expected<Network, Missing> App::all_there() const {
    if (!machine_.serving) {
        if (auto active = units_->state(); !active) return std::unexpected(active.error());
    }
    return look(parts_.paths, config_.podman);
}

void App::adopt(Network found) {
    const bool same = network_ && network_->namespaces.net_id == found.namespaces.net_id &&
                      network_->namespaces.user_id == found.namespaces.user_id;
    const bool names_moved =
        same && network_->names && found.names && network_->names->chosen != found.names->chosen;
    network_ = std::make_shared<const Network>(std::move(found));
    if (!same) ++generation_;
    log::set_field("NETNS", shown(network_->namespaces.net_id));
    if (!names_moved) return;

    const auto& server = network_->names->chosen;
    const auto published = publish_resolv_conf(parts_.directory, server);
    if (published) {
        spdlog::info("container names now come from {} (network {})", server.address, server.network);
    } else {
        spdlog::error("container names moved to {}, but {}", server.address, published.error().message);
    }
}

void App::perform(const effect::Launch& wanted) {
    if (auto launched = launch(wanted.proxy, wanted.cause); !launched) {
        post(event::LaunchFailed{wanted.proxy, launched.error().message, to_int(ExitStatus::os_error)});
    }
}

Result<CompiledLaunch> App::compile_proxy(int lane) {
    std::string resolv_conf;
    if (network_->names) {
        auto published = publish_resolv_conf(parts_.directory, network_->names->chosen);
        if (!published) return std::unexpected(published.error());
        resolv_conf = *std::move(published);
    }
    return compile({.program = config_.proxy.command.front(),
                    .command = config_.proxy.command,
                    .sockets = parts_.lanes.sockets(lane),
                    .user_ns = network_->namespaces.user.get(),
                    .net_ns = network_->namespaces.net.get(),
                    .notify_socket = config_.proxy.ready == Readiness::notify ? parts_.receiver.path() : "",
                    .watchdog = config_.proxy.watchdog,
                    .resolv_conf = std::move(resolv_conf),
                    .supervised = true,
                    .sandbox = parts_.sandboxes.proxy,
                    .asking = lesson() ? &learning_->lesson.filter() : &parts_.sandboxes.asking});
}

Proxy::Observer App::observe(ProxyId id) {
    return {.executed = [this, id] { post(event::ProxyExecuted{id}); },
            .failed =
                [this, id](ChildFailure why) {
                    children_.erase(id);
                    post(event::LaunchFailed{id, describe(why, config_.proxy.command.front()),
                                             exit_status_of(why)});
                },
            .stopped = [this, id] { post(event::ProxyUnhealthy{id, "it was stopped by a signal"}); },
            .ended =
                [this, id](ProcessEnd end) {
                    std::string why;
                    if (const auto child = children_.find(id); child != children_.end()) {
                        tell_refusals(child->second);
                        observed_ended(id, child->second, end);
                        why = explain_end(child->second, end);
                        children_.erase(child);
                    }
                    const bool drained = machine_.drains(id);
                    post(event::ProxyEnded{id, end, std::move(why)});
                    if (!drained) return;
                    steer_datagrams();
                    watch_unused_lanes();
                },
            .listening = [this, id](Result<UniqueFd> listener) { listening(id, std::move(listener)); }};
}

Result<> App::launch(ProxyId id, Cause cause) {
    const int lane = free_lane();
    unused_listeners_.clear();
    const FileStamp program = stamp_of(config_.proxy.command.front());
    const auto launch = compile_proxy(lane);
    if (!launch) return std::unexpected(launch.error());
    auto started = Proxy::start(parts_.loop, *launch, observe(id));
    if (!started) return std::unexpected(started.error());
    const Proxy& proxy = **started;
    children_.insert_or_assign(id, Child{.proxy = *std::move(started),
                                         .network = network_,
                                         .lane = lane,
                                         .program = program,
                                         .profile = parts_.sandboxes.proxy.policy.profile,
                                         .landlock = static_cast<bool>(parts_.sandboxes.proxy.ruleset),
                                         .refusals = {parts_.sandboxes.proxy.policy.profile,
                                                      parts_.sandboxes.resolved, config_.policy.deny},
                                         .learning = lesson(),
                                         .listener = nullptr,
                                         .prober = nullptr,
                                         .cause = cause,
                                         .started = WallClock::now()});
    count_launch(cause);

    tell_launch(proxy.pid(), lane);
    return {};
}

void App::tell_launch(pid_t pid, int lane) {
    log::set_field("PROXY_PID", std::to_string(pid));
    const auto& names = network_->names;
    say(false,
        std::format(
            "starting {} as process {} in {} of pause process {}, with profile {}, {} sockets and {}",
            config_.proxy.command.front(), pid, shown(network_->namespaces.net_id),
            network_->namespaces.pause.pid(), parts_.sandboxes.proxy.policy.profile,
            parts_.lanes.sockets(lane).size(),
            names ? std::format("names from {} (network {})", names->chosen.address, names->chosen.network)
                  : "the host's names"));
    if (names && !names->others.empty()) {
        spdlog::warn("only names of network {} resolve; set network = in [podman] to choose another of: {}",
                     names->chosen.network, listed(names->others));
    }
}

void App::signal_proxy(ProxyId id, int number) {
    const auto child = children_.find(id);
    if (child == children_.end()) return;
    // It may have ended a moment ago: then its end is on the way to us.
    if (auto sent = child->second.proxy->signal(number); !sent && sent.error().code != ESRCH) {
        spdlog::error("cannot send SIG{} to the proxy: {}", ::sigabbrev_np(number), sent.error().message);
    }
}

void App::perform(const effect::AskToStop& ask) {
    if (const auto child = children_.find(ask.proxy); child != children_.end()) child->second.prober.reset();
    steer_datagrams();
    signal_proxy(ask.proxy, config_.proxy.stop_signal);
    signal_proxy(ask.proxy, SIGCONT);  // as systemd.kill(5) does: a stopped process could not obey
}

void App::perform(const effect::TellReloading&) {
    systemd_.reloading();
    const milliseconds timeout = config_.proxy.start_timeout;
    systemd_.extend_timeout(timeout.count() == 0 ? timeout : timeout + kStopMargin);
}

// An update of the program takes effect with the next reload, which a signal to the old process cannot bring
// about.
bool App::program_changed() const {
    const auto child = machine_.serving ? children_.find(machine_.serving->id) : children_.end();
    if (child == children_.end() || child->second.program == stamp_of(config_.proxy.command.front()))
        return false;
    spdlog::info("{} is another file than the one that runs", config_.proxy.command.front());
    return true;
}

// A signal is not enough: what is launched, or how, is another.
bool App::needs_successor(const Config& wanted) const {
    const auto& [proxy, podman, health, policy] = wanted;
    return program_changed() || proxy.command != config_.proxy.command ||
           proxy.ready != config_.proxy.ready || proxy.watchdog != config_.proxy.watchdog ||
           podman != config_.podman || health != config_.health || policy != config_.policy;
}

// Also without a change of [policy]: the profile's file, or the paths that it names, may be others now.
Result<> App::renew_sandboxes(const Config& config) {
    auto made = make_sandboxes(config);
    if (!made) return std::unexpected(made.error());
    parts_.sandboxes = *std::move(made);
    tell_warnings();
    return {};
}

void App::tell_warnings() const {
    for (const auto& warning : parts_.sandboxes.proxy.warnings)
        spdlog::warn("{}", warning);
}

// Where Podman is was settled at start: our watches and the unit's OpenFile= hang on it.
void App::perform(const effect::ReadConfig&) {
    const Loaded read = Loaded::now(loaded_.file);  // before it is read: what changes meanwhile is noticed
    auto loaded = load_config(loaded_.file);
    if (!loaded) return post(event::ReloadRefused{loaded.error().text()});
    if (auto made = renew_sandboxes(*loaded); !made) {
        return post(event::ReloadRefused{std::format("{}: {}", loaded_.file, made.error().message)});
    }
    for (const auto& line : difference(config_, *loaded))
        spdlog::info("{}", line);
    if (loaded->podman.runtime_dir != config_.podman.runtime_dir ||
        loaded->podman.runroot != config_.podman.runroot) {
        spdlog::warn("podman.runtime_dir and podman.runroot take effect when the service is restarted");
    }
    const bool relaunch = needs_successor(*loaded);
    const bool other_units =
        loaded->podman.wait_for != config_.podman.wait_for || loaded->podman.start != config_.podman.start;
    config_ = *std::move(loaded);
    loaded_ = read;
    if (other_units) follow_units();
    post(event::Reloaded{settings_of(config_, parts_.lanes), relaunch});
    perform(effect::Look{});
}

void App::perform(const effect::TellStopping&) {
    systemd_.stopping();
    end_lesson(control::kStopping, "the service stops");
    const milliseconds timeout = config_.proxy.stop_timeout;
    systemd_.extend_timeout(timeout.count() == 0 ? timeout : timeout + kStopMargin);
}

void App::perform(const effect::SetTimer& wanted) {
    const Timer timer = wanted.timer;
    const milliseconds delay = timer.kind == Timer::Kind::retry ? with_jitter(wanted.delay) : wanted.delay;
    auto source = parts_.loop.after(delay, [this, timer] { post(event::TimerFired{timer}); });
    if (source) {
        timers_[timer] = {*std::move(source), WallClock::now() + delay};
        return;
    }
    // Without its timers the machine could wait for ever in silence.
    spdlog::critical("{}; giving up", source.error().message);
    parts_.loop.exit(to_int(ExitStatus::os_error));
}

// From inside: in the network that this very proxy is in, which need not be today's.
Result<CompiledLaunch> App::compile_probe(const Network& network,
                                          const std::vector<std::string>& command) const {
    const bool inside = config_.health.inside;
    return compile({.program = command.front(),
                    .command = command,
                    .sockets = {},
                    .user_ns = inside ? network.namespaces.user.get() : -1,
                    .net_ns = inside ? network.namespaces.net.get() : -1,
                    .notify_socket = {},
                    .watchdog = {},
                    .resolv_conf = {},
                    .supervised = true,
                    .sandbox = parts_.sandboxes.probe});
}

void App::perform(const effect::Probe& wanted) {
    const auto child = children_.find(wanted.proxy);
    if (child == children_.end()) return;
    auto prober = Prober::start(
        parts_.loop, config_.health,
        [this, network = child->second.network](const auto& command) {
            return compile_probe(*network, command);
        },
        [this, id = wanted.proxy](const Prober::Report& report) { health_changed(id, report); });
    if (prober) {
        child->second.prober = *std::move(prober);
    } else {
        post(event::ProxyUnhealthy{wanted.proxy, prober.error().message});
    }
}

}  // namespace rs
