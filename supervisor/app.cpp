#include "supervisor/app.hpp"

#include <spdlog/fmt/ranges.h>

#include <csignal>
#include <deque>
#include <format>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "policy/seccomp.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/config/describe.hpp"
#include "supervisor/config/parse.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/launch/proxy.hpp"
#include "supervisor/launch/sockets.hpp"
#include "supervisor/notify/receiver.hpp"
#include "supervisor/notify/sender.hpp"
#include "supervisor/podman/watch.hpp"
#include "supervisor/runtime.hpp"
#include "supervisor/service/machine.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;

// What systemd's own TimeoutStopSec= must leave us beyond the proxy's stop timeout, to kill, reap and say so.
constexpr milliseconds kStopMargin{5'000};

// All that is made once, before the loop runs.
struct Parts {
    Loop loop;
    Inherited inherited;
    PodmanPaths paths;
    std::unique_ptr<Watch> watch;
    std::string directory;
    NotifyReceiver receiver;
    policy::SeccompProgram filter;
};

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

// A pause of backoff varies by a quarter, so that many services that fail together do not retry together.
milliseconds with_jitter(milliseconds pause) {
    static std::minstd_rand random{std::random_device{}()};
    return std::chrono::duration_cast<milliseconds>(pause * std::uniform_real_distribution{0.75, 1.25}(random));
}

class App {
  public:
    App(const Config& config, std::string config_file, Parts parts)
        : config_(config), config_file_(std::move(config_file)), parts_(std::move(parts)) {
        machine_.settings = settings_of(config);
        machine_.since = std::chrono::steady_clock::now();
    }

    Result<int> run();

  private:
    Result<> listen();
    Result<> keep_watchdog();
    void post(Event event);
    void tell(const Machine& before);
    void tell_entry(const Machine& before);

    void perform(const effect::Look&);
    void perform(const effect::Launch& launch);
    void perform(const effect::AskToStop& ask);
    void perform(const effect::Kill& kill) { signal_proxy(kill.proxy, SIGKILL); }
    void perform(const effect::AskToReload& ask) { signal_proxy(ask.proxy, config_.proxy.reload_signal); }
    void perform(const effect::Probe& probe);
    void perform(const effect::ReadConfig&);
    void perform(const effect::TellReady&) { systemd_.ready(); }
    void perform(const effect::TellReloading&);
    void perform(const effect::TellStopping&);
    void perform(const effect::SetTimer& timer);
    void perform(const effect::ClearTimer& timer) { timers_.erase(timer.timer); }
    void perform(const effect::Report& report);
    void perform(const effect::Exit& exit) { parts_.loop.exit(exit.status); }

    void adopt(Network found);
    Result<CompiledLaunch> compile_launch();
    Result<> launch(ProxyId id);
    void receive_notification();
    void signal_proxy(ProxyId id, int number);
    [[nodiscard]] Proxy::Observer observe(ProxyId id);

    Config config_;
    std::string config_file_;
    Parts parts_;
    NotifySender systemd_;
    Machine machine_;
    std::deque<Event> events_;
    bool stepping_ = false;

    // The latest network seen, held open even while it is missing: only so is a new one known to be new.
    std::optional<Network> network_;
    Generation generation_ = 0;
    std::map<ProxyId, std::unique_ptr<Proxy>> proxies_;
    std::map<Timer, Loop::Source> timers_;
    Loop::Source on_term_, on_int_, on_hup_, on_notification_, on_watchdog_;
};

Result<int> App::run() {
    if (auto listening = listen(); !listening) return std::unexpected(listening.error());
    // Waiting may take as long as the user takes to start a container; our own timeouts bound the rest.
    systemd_.extend_timeout(milliseconds{0});
    log::set_field("STATE", std::string{to_string(machine_.state)});
    post(event::Begin{});
    return parts_.loop.run();
}

Result<> App::listen() {
    const auto on_signal = [this](int number, const Event& event, Loop::Source& source) -> Result<> {
        auto made = parts_.loop.on_signal(number, [this, event] { post(event); });
        if (!made) return std::unexpected(made.error());
        source = *std::move(made);
        return {};
    };
    if (auto made = on_signal(SIGTERM, event::StopRequested{}, on_term_); !made) return made;
    if (auto made = on_signal(SIGINT, event::StopRequested{}, on_int_); !made) return made;
    if (auto made = on_signal(SIGHUP, event::ReloadRequested{}, on_hup_); !made) return made;
    auto notification = parts_.loop.on_readable(parts_.receiver.fd(), [this] { receive_notification(); });
    if (!notification) return std::unexpected(notification.error());
    on_notification_ = *std::move(notification);
    return keep_watchdog();
}

// systemd(1) kills us when we fall silent: when this loop hangs, or when the proxy is ill beyond our means.
Result<> App::keep_watchdog() {
    const auto interval = std::chrono::duration_cast<milliseconds>(watchdog_interval());
    if (interval.count() == 0) return {};
    if (machine_.recoverable()) systemd_.watchdog();
    auto next = parts_.loop.after(interval / 2, [this] {
        if (auto kept = keep_watchdog(); !kept) spdlog::critical("cannot keep the watchdog: {}", kept.error().message);
    });
    if (!next) return std::unexpected(next.error());
    on_watchdog_ = *std::move(next);
    return {};
}

// Effects may raise events of their own; those wait until the step that caused them is complete.
void App::post(Event event) {
    events_.push_back(std::move(event));
    if (std::exchange(stepping_, true)) return;
    while (!events_.empty()) {
        const Event next = std::move(events_.front());
        events_.pop_front();
        auto [machine, effects] = step(machine_, next, std::chrono::steady_clock::now());
        const Machine before = std::exchange(machine_, std::move(machine));
        tell(before);
        for (const auto& effect : effects) std::visit([this](const auto& each) { perform(each); }, effect);
    }
    stepping_ = false;
}

void App::tell(const Machine& before) {
    if (before.status_text() != machine_.status_text()) systemd_.status(machine_.status_text());
    if (before.state == machine_.state) return;
    log::set_field("STATE", std::string{to_string(machine_.state)});
    tell_entry(before);
}

// One line for each change of state that needs one; a launch and its failure tell of themselves.
void App::tell_entry(const Machine& before) {
    switch (machine_.state) {
        case State::waiting:
        case State::starting:
        case State::backoff: return;
        case State::running: {
            if (!machine_.serving || machine_.serving->since != machine_.since) return;  // the successor failed
            const std::chrono::duration<double> took = machine_.since - before.starting->since;
            return spdlog::info("the proxy is ready after {:.2f} s", took.count());
        }
        case State::replacing: return spdlog::info("replacing the proxy: {}", machine_.why);
        case State::stopping: return spdlog::info("stopping: {}", machine_.why);
        case State::stopped: return spdlog::info("stopped");
        case State::failed:
            return spdlog::error("giving up: {}; exiting with status {}", machine_.why, machine_.verdict.value_or(0));
    }
}

void App::perform(const effect::Look&) {
    const auto armed = parts_.watch->arm(parts_.loop, [this] { perform(effect::Look{}); });
    if (!armed) spdlog::error("cannot watch Podman: {}", armed.error().message);
    auto found = look(parts_.paths, config_.podman);
    if (!found) return post(event::NetworkMissing{found.error().text()});
    adopt(*std::move(found));
    post(event::NetworkFound{generation_});
}

void App::adopt(Network found) {
    const bool same = network_ && network_->namespaces.net_id == found.namespaces.net_id &&
                      network_->namespaces.user_id == found.namespaces.user_id;
    const bool names_moved = same && network_->names && found.names && network_->names->chosen != found.names->chosen;
    network_ = std::move(found);
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
    if (auto launched = launch(wanted.proxy); !launched) {
        post(event::LaunchFailed{wanted.proxy, launched.error().message, to_int(ExitStatus::os_error)});
    }
}

Result<CompiledLaunch> App::compile_launch() {
    std::string resolv_conf;
    if (network_->names) {
        auto published = publish_resolv_conf(parts_.directory, network_->names->chosen);
        if (!published) return std::unexpected(published.error());
        resolv_conf = *std::move(published);
    }
    return compile({.program = config_.proxy.command.front(),
                    .command = config_.proxy.command,
                    .sockets = parts_.inherited.sockets,
                    .user_ns = network_->namespaces.user.get(),
                    .net_ns = network_->namespaces.net.get(),
                    .notify_socket = config_.proxy.ready == Readiness::notify ? parts_.receiver.path() : "",
                    .watchdog = config_.proxy.watchdog,
                    .resolv_conf = std::move(resolv_conf),
                    .supervised = true,
                    .filter = parts_.filter});
}

Proxy::Observer App::observe(ProxyId id) {
    return {.executed = [this, id] { post(event::ProxyExecuted{id}); },
            .failed =
                [this, id](ChildFailure why) {
                    proxies_.erase(id);
                    post(event::LaunchFailed{id, describe(why, config_.proxy.command.front()), exit_status_of(why)});
                },
            .stopped = [this, id] { post(event::ProxyUnhealthy{id, "it was stopped by a signal"}); },
            .ended =
                [this, id](ProcessEnd end) {
                    proxies_.erase(id);
                    post(event::ProxyEnded{id, end});
                }};
}

Result<> App::launch(ProxyId id) {
    const auto launch = compile_launch();
    if (!launch) return std::unexpected(launch.error());
    auto started = Proxy::start(parts_.loop, *launch, observe(id));
    if (!started) return std::unexpected(started.error());
    const Proxy& proxy = *(proxies_[id] = *std::move(started));

    log::set_field("PROXY_PID", std::to_string(proxy.pid()));
    const auto& names = network_->names;
    spdlog::info("starting {} as process {} in {} of pause process {}, with {} sockets and {}",
                 config_.proxy.command.front(), proxy.pid(), shown(network_->namespaces.net_id),
                 network_->namespaces.pause.pid(), parts_.inherited.sockets.size(),
                 names ? std::format("names from {} (network {})", names->chosen.address, names->chosen.network)
                       : "the host's names");
    if (names && !names->others.empty()) {
        spdlog::warn("only names of network {} resolve; set network = in [podman] to choose another of: {}",
                     names->chosen.network, fmt::join(names->others, ", "));
    }
    return {};
}

void App::receive_notification() {
    const auto received = parts_.receiver.receive();
    if (!received) return;
    for (const auto& [id, proxy] : proxies_) {
        if (proxy->pid() != received->sender) continue;
        const ProxyId sender = id;  // what follows may change the table
        if (received->message.ping) post(event::ProxyPinged{sender});
        if (received->message.trigger) post(event::ProxyUnhealthy{sender, "it says so itself (WATCHDOG=trigger)"});
        if (!received->message.status.empty()) post(event::ProxyStatus{sender, received->message.status});
        if (received->message.ready) post(event::ProxyReady{sender});
        return;
    }
}

void App::signal_proxy(ProxyId id, int number) {
    const auto proxy = proxies_.find(id);
    if (proxy == proxies_.end()) return;
    // It may have ended a moment ago: then its end is on the way to us.
    if (auto sent = proxy->second->signal(number); !sent && sent.error().code != ESRCH) {
        spdlog::error("cannot send SIG{} to the proxy: {}", ::sigabbrev_np(number), sent.error().message);
    }
}

void App::perform(const effect::AskToStop& ask) {
    signal_proxy(ask.proxy, config_.proxy.stop_signal);
    signal_proxy(ask.proxy, SIGCONT);  // as systemd.kill(5) does: a stopped process could not obey
}

void App::perform(const effect::TellReloading&) {
    systemd_.reloading();
    const milliseconds timeout = config_.proxy.start_timeout;
    systemd_.extend_timeout(timeout.count() == 0 ? timeout : timeout + kStopMargin);
}

// Where Podman is was settled at start: our watches and the unit's OpenFile= hang on it.
void App::perform(const effect::ReadConfig&) {
    auto loaded = load_config(config_file_);
    if (!loaded) return post(event::ReloadRefused{loaded.error().text()});
    for (const auto& line : difference(config_, *loaded)) spdlog::info("{}", line);
    if (loaded->podman.runtime_dir != config_.podman.runtime_dir || loaded->podman.runroot != config_.podman.runroot) {
        spdlog::warn("podman.runtime_dir and podman.runroot take effect when the service is restarted");
    }
    const bool relaunch = loaded->proxy.command != config_.proxy.command || loaded->proxy.ready != config_.proxy.ready ||
                          loaded->proxy.watchdog != config_.proxy.watchdog || loaded->podman != config_.podman ||
                          loaded->health != config_.health;
    config_ = *std::move(loaded);
    post(event::Reloaded{settings_of(config_), relaunch});
    perform(effect::Look{});
}

void App::perform(const effect::TellStopping&) {
    systemd_.stopping();
    const milliseconds timeout = config_.proxy.stop_timeout;
    systemd_.extend_timeout(timeout.count() == 0 ? timeout : timeout + kStopMargin);
}

void App::perform(const effect::SetTimer& wanted) {
    const Timer timer = wanted.timer;
    const milliseconds delay = timer.kind == Timer::Kind::retry ? with_jitter(wanted.delay) : wanted.delay;
    auto source = parts_.loop.after(delay, [this, timer] { post(event::TimerFired{timer}); });
    if (source) {
        timers_[timer] = *std::move(source);
        return;
    }
    // Without its timers the machine could wait for ever in silence.
    spdlog::critical("{}; giving up", source.error().message);
    parts_.loop.exit(to_int(ExitStatus::os_error));
}

void App::perform(const effect::Probe&) {}

void App::perform(const effect::Report& report) {
    spdlog::log(report.warning ? spdlog::level::warn : spdlog::level::info, "{}", report.text);
}

}  // namespace

int run_service(const std::string& name, const std::string& config_file, const Config& config) {
    block_signals({SIGTERM, SIGINT, SIGHUP, SIGCHLD});
    auto parts = prepare(name, config);
    if (!parts) {
        spdlog::error("{}", parts.error().message);
        return to_int(ExitStatus::os_error);
    }
    App app{config, config_file, *std::move(parts)};
    const auto status = app.run();
    if (!status) {
        spdlog::critical("{}", status.error().message);
        return to_int(ExitStatus::os_error);
    }
    return *status;
}

}  // namespace rs
