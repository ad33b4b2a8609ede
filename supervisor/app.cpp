#include "supervisor/app.hpp"

#include <csignal>
#include <deque>
#include <format>
#include <memory>
#include <optional>
#include <utility>

#include "policy/seccomp.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/launch/proxy.hpp"
#include "supervisor/launch/sockets.hpp"
#include "supervisor/notify/receiver.hpp"
#include "supervisor/notify/sender.hpp"
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
    std::string directory;
    NotifyReceiver receiver;
    policy::SeccompProgram filter;
};

Result<Parts> prepare(const std::string& name, const Config& config) {
    auto inherited = take_inherited();
    if (!inherited) return std::unexpected(inherited.error());
    auto paths = podman_paths(config.podman.runtime_dir, config.podman.runroot, inherited->user_runtime);
    if (!paths) return std::unexpected(paths.error());
    auto directory = own_directory(*paths, name);
    if (!directory) return std::unexpected(directory.error());
    auto receiver = NotifyReceiver::create(*directory + "/notify");
    if (!receiver) return std::unexpected(receiver.error());
    auto filter = policy::compile_proxy_filter();
    if (!filter) return std::unexpected(filter.error());
    auto loop = Loop::create();
    if (!loop) return std::unexpected(loop.error());
    return Parts{std::move(*loop),      std::move(*inherited), std::move(*paths),
                 std::move(*directory), std::move(*receiver),  std::move(*filter)};
}

Settings settings_of(const ProxyConfig& proxy) {
    return {.ready_on_exec = proxy.ready == Readiness::exec,
            .stop_signal = proxy.stop_signal,
            .start_timeout = proxy.start_timeout,
            .stop_timeout = proxy.stop_timeout};
}

class App {
  public:
    App(const Config& config, Parts parts) : config_(config), parts_(std::move(parts)) {
        machine_.settings = settings_of(config.proxy);
        machine_.since = std::chrono::steady_clock::now();
    }

    Result<int> run();

  private:
    Result<> listen();
    void post(Event event);
    void report(const Machine& before);
    void report_entry(const Machine& before);

    void perform(const effect::Look&);
    void perform(const effect::Launch&);
    void perform(const effect::AskToStop&) { signal_proxy(config_.proxy.stop_signal); }
    void perform(const effect::Kill&) { signal_proxy(SIGKILL); }
    void perform(const effect::TellReady&);
    void perform(const effect::TellStopping&);
    void perform(const effect::SetTimer& timer);
    void perform(const effect::ClearTimer&) { timer_.reset(); }
    void perform(const effect::Exit& exit);

    Result<CompiledLaunch> compile_launch();
    Result<> launch();
    void receive_notification();
    void signal_proxy(int number);
    void recheck_network();

    const Config& config_;
    Parts parts_;
    NotifySender systemd_;
    Machine machine_;
    std::deque<Event> events_;
    bool stepping_ = false;
    std::optional<Network> network_;
    std::unique_ptr<Proxy> proxy_;
    Loop::Source timer_, on_term_, on_int_, on_notification_;
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
    auto term = parts_.loop.on_signal(SIGTERM, [this] { post(event::StopRequested{}); });
    if (!term) return std::unexpected(term.error());
    auto interrupt = parts_.loop.on_signal(SIGINT, [this] { post(event::StopRequested{}); });
    if (!interrupt) return std::unexpected(interrupt.error());
    auto notification = parts_.loop.on_readable(parts_.receiver.fd(), [this] { receive_notification(); });
    if (!notification) return std::unexpected(notification.error());
    on_term_ = std::move(*term);
    on_int_ = std::move(*interrupt);
    on_notification_ = std::move(*notification);
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
        report(before);
        for (const auto& effect : effects) std::visit([this](const auto& each) { perform(each); }, effect);
    }
    stepping_ = false;
}

void App::report(const Machine& before) {
    if (before.state == machine_.state && before.detail == machine_.detail) return;
    systemd_.status(machine_.status_text());
    if (before.state != machine_.state) {
        log::set_field("STATE", std::string{to_string(machine_.state)});
        report_entry(before);
    } else if (machine_.state == State::waiting) {
        spdlog::info("{}", machine_.detail);
    } else if (machine_.state == State::stopping) {
        spdlog::warn("{}", machine_.detail);
    }
}

// One line for each change of state; `starting` is told by the launch, which knows what is started where.
void App::report_entry(const Machine& before) {
    switch (machine_.state) {
        case State::waiting:
        case State::starting: return;
        case State::running: {
            const std::chrono::duration<double> took = machine_.since - before.since;
            return spdlog::info("the proxy is ready after {:.2f} s", took.count());
        }
        case State::stopping:
            return spdlog::log(machine_.verdict ? spdlog::level::err : spdlog::level::info, "stopping the proxy: {}",
                               machine_.detail);
        case State::ended: return;
    }
}

void App::perform(const effect::Exit& exit) {
    const auto level = exit.status == 0 ? spdlog::level::info : spdlog::level::err;
    spdlog::log(level, "{}; exiting with status {}", machine_.detail, exit.status);
    parts_.loop.exit(exit.status);
}

void App::perform(const effect::Look&) {
    auto found = look(parts_.paths, config_.podman);
    if (!found) return post(event::NetworkMissing{found.error().text()});
    network_ = std::move(*found);
    log::set_field("NETNS", shown(network_->namespaces.net_id));
    post(event::NetworkFound{});
}

void App::perform(const effect::Launch&) {
    if (auto launched = launch(); !launched) {
        post(event::LaunchFailed{launched.error().message, to_int(ExitStatus::os_error)});
    }
}

Result<CompiledLaunch> App::compile_launch() {
    std::string resolv_conf;
    if (network_->names) {
        auto published = publish_resolv_conf(parts_.directory, network_->names->chosen);
        if (!published) return std::unexpected(published.error());
        resolv_conf = std::move(*published);
    }
    return compile({.program = config_.proxy.command.front(),
                    .command = config_.proxy.command,
                    .sockets = parts_.inherited.sockets,
                    .user_ns = network_->namespaces.user.get(),
                    .net_ns = network_->namespaces.net.get(),
                    .notify_socket = config_.proxy.ready == Readiness::notify ? parts_.receiver.path() : "",
                    .resolv_conf = std::move(resolv_conf),
                    .supervised = true,
                    .filter = parts_.filter});
}

Result<> App::launch() {
    const auto launch = compile_launch();
    if (!launch) return std::unexpected(launch.error());
    const std::string& program = config_.proxy.command.front();
    auto proxy = Proxy::start(
        parts_.loop, *launch,
        {.executed = [this] { post(event::ProxyExecuted{}); },
         .failed = [this, &program](ChildFailure why) { post(event::LaunchFailed{describe(why, program), exit_status_of(why)}); },
         .ended = [this](ProcessEnd end) { post(event::ProxyEnded{end}); }});
    if (!proxy) return std::unexpected(proxy.error());
    proxy_ = std::move(*proxy);

    log::set_field("PROXY_PID", std::to_string(proxy_->pid()));
    spdlog::info("starting {} as process {} in {} of pause process {} with {} sockets and {}", program, proxy_->pid(),
                 shown(network_->namespaces.net_id), network_->namespaces.pause.pid(), parts_.inherited.sockets.size(),
                 network_->names ? std::format("names from {} (network {})", network_->names->chosen.address,
                                               network_->names->chosen.network)
                                 : "the host's names");
    return {};
}

// Podman may have replaced its network between our look and the proxy's READY.
void App::recheck_network() {
    const auto now = look(parts_.paths, config_.podman);
    if (now && now->namespaces.net_id == network_->namespaces.net_id) return;
    spdlog::warn("Podman's network was replaced while the proxy started ({}); it will not reach the containers until "
                 "the unit is restarted",
                 now ? shown(now->namespaces.net_id) : now.error().reason);
}

void App::receive_notification() {
    const auto received = parts_.receiver.receive();
    if (!received || !proxy_ || received->sender != proxy_->pid()) return;
    if (!received->message.status.empty()) post(event::ProxyStatus{received->message.status});
    if (received->message.ready) post(event::ProxyReady{});
}

void App::signal_proxy(int number) {
    // It may have ended a moment ago: then its end is on the way to us.
    if (auto sent = proxy_->signal(number); !sent && sent.error().code != ESRCH) {
        spdlog::error("cannot send SIG{} to the proxy: {}", ::sigabbrev_np(number), sent.error().message);
    }
}

void App::perform(const effect::TellReady&) {
    systemd_.ready();
    recheck_network();
}

void App::perform(const effect::TellStopping&) {
    systemd_.stopping();
    const milliseconds timeout = config_.proxy.stop_timeout;
    systemd_.extend_timeout(timeout.count() == 0 ? timeout : timeout + kStopMargin);
}

void App::perform(const effect::SetTimer& timer) {
    auto source = parts_.loop.after(timer.delay, [this] { post(event::TimerFired{}); });
    if (source) {
        timer_ = std::move(*source);
        return;
    }
    // Without its timer the machine could wait for ever in silence.
    spdlog::critical("{}; giving up", source.error().message);
    parts_.loop.exit(to_int(ExitStatus::os_error));
}

}  // namespace

int run_service(const std::string& name, const Config& config) {
    block_signals({SIGTERM, SIGINT, SIGCHLD});
    auto parts = prepare(name, config);
    if (!parts) {
        spdlog::error("{}", parts.error().message);
        return to_int(ExitStatus::os_error);
    }
    App app{config, std::move(*parts)};
    const auto status = app.run();
    if (!status) {
        spdlog::critical("{}", status.error().message);
        return to_int(ExitStatus::os_error);
    }
    return *status;
}

}  // namespace rs
