#include "supervisor/app.hpp"

#include <algorithm>
#include <csignal>
#include <format>
#include <utility>

#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"

namespace rs {

using std::chrono::milliseconds;

App::App(std::string name, const Config& config, const std::string& config_file, Parts parts)
    : name_(std::move(name)), config_(config), loaded_(Loaded::now(config_file)), parts_(std::move(parts)) {
    machine_.settings = settings_of(config, parts_.lanes);
    machine_.since = std::chrono::steady_clock::now();
    follow_units();
    tell_warnings();
}

Result<int> App::run() {
    if (auto listening = listen(); !listening) return std::unexpected(listening.error());
    if (auto serving = serve_control(); !serving) return std::unexpected(serving.error());
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
        if (auto kept = keep_watchdog(); !kept)
            spdlog::critical("cannot keep the watchdog: {}", kept.error().message);
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
        // What happened is told before what became of it, and that with the time it has.
        const auto news = std::ranges::stable_partition(effects, [](const Effect& each) {
            return std::holds_alternative<effect::Report>(each) ||
                   std::holds_alternative<effect::SetTimer>(each) ||
                   std::holds_alternative<effect::ClearTimer>(each);
        });
        const auto act = [this](const Effect& effect) {
            std::visit([this](const auto& each) { perform(each); }, effect);
        };
        std::ranges::for_each(effects.begin(), news.begin(), act);
        tell(before);
        std::ranges::for_each(news, act);
    }
    stepping_ = false;
}

void App::tell(const Machine& before) {
    const bool new_state = before.state != machine_.state;
    if (new_state) journal_.state_began(WallClock::now());
    if (machine_.serving && (!before.serving || before.serving->id != machine_.serving->id)) {
        if (const auto child = children_.find(machine_.serving->id); child != children_.end())
            child->second.ready = WallClock::now();
    }
    tell_status(before);
    if (!new_state) return;
    log::set_field("STATE", std::string{to_string(machine_.state)});
    const std::string line = entry_line(before);
    const bool bad = machine_.state == State::failed;
    if (!line.empty()) spdlog::log(bad ? spdlog::level::err : spdlog::level::info, "{}", line);
    record(bad, line.empty() ? machine_.status_text() : line, true);
}

// systemctl status shows the line only as it was said last: times in it are those of the clock.
void App::tell_status(const Machine& before) {
    const bool news = before.status_text() != machine_.status_text() || before.state != machine_.state;
    if (!news && !status_line_.empty()) return;
    status_line_ = machine_.status_text();
    if (machine_.state == State::waiting) {
        const auto now = WallClock::now();
        status_line_ += std::format(" (since {}", clock_text(journal_.since(), now));
        if (const auto limit = until()) status_line_ += std::format(", until {}", clock_text(*limit, now));
        status_line_ += ")";
    }
    systemd_.status(status_line_);
}

// The line for the journal where a change of state needs one; a launch and its failure tell of themselves.
std::string App::entry_line(const Machine& before) const {
    switch (machine_.state) {
        case State::waiting:
        case State::starting:
        case State::backoff:
            return "";
        case State::running: {
            if (!machine_.serving || machine_.serving->since != machine_.since)
                return "";  // the successor failed
            const std::chrono::duration<double> took = machine_.since - before.starting->since;
            return std::format("the proxy is ready after {:.2f} s", took.count());
        }
        case State::replacing:
            return std::format("replacing the proxy: {}", machine_.why);
        case State::stopping:
            return std::format("stopping: {}", machine_.why);
        case State::held:
            return "stopping the proxy on request; the service and its sockets stay";
        case State::stopped:
            return "stopped";
        case State::failed:
            return std::format("giving up: {}; exiting with status {}", machine_.why,
                               machine_.verdict.value_or(0));
    }
    std::unreachable();
}

void App::receive_notification() {
    const auto received = parts_.receiver.receive();
    if (!received) return;
    for (auto& [id, child] : children_) {
        if (child.proxy->pid() != received->sender) continue;
        const ProxyId sender = id;  // what follows may change the table
        if (received->message.ping) child.last_ping = WallClock::now();
        if (received->message.ping) post(event::ProxyPinged{sender});
        if (received->message.trigger)
            post(event::ProxyUnhealthy{sender, "it says so itself (WATCHDOG=trigger)"});
        if (!received->message.status.empty()) post(event::ProxyStatus{sender, received->message.status});
        if (received->message.ready) post(event::ProxyReady{sender});
        return;
    }
}

void App::health_changed(ProxyId id, const Prober::Report& report) {
    if (!report.text.empty()) {
        journal_.probe_failed();
        if (const auto child = children_.find(id); child != children_.end())
            child->second.last_failure = report.text;
    }
    switch (report.state) {
        case Health::healthy:
            if (report.text.empty()) return post(event::ProxyHealthy{id});
            return say(true, std::format("health check failed ({} of {}): {}", report.failures,
                                         config_.health.retries, report.text));
        case Health::unhealthy:
            return post(event::ProxyUnhealthy{id, report.text});
        case Health::unknown:
            return post(event::ProxyUnwell{id, report.text});
    }
}

int run_service(const std::string& name, const std::string& config_file, const Config& config) {
    block_signals({SIGTERM, SIGINT, SIGHUP, SIGCHLD});
    auto sandboxes = make_sandboxes(config);
    if (!sandboxes) {
        spdlog::error("{}: {}", config_file, sandboxes.error().message);
        return to_int(ExitStatus::config);
    }
    auto parts = prepare(name, config, *std::move(sandboxes));
    if (!parts) {
        spdlog::error("{}", parts.error().message);
        return to_int(ExitStatus::os_error);
    }
    for (const auto& address : parts->lanes.shared_addresses()) {
        spdlog::warn(
            "{} is listed once in its socket unit, other addresses more often: when the proxy is replaced, "
            "connections to it that the old one has just accepted are lost",
            address);
    }
    App app{name, config, config_file, *std::move(parts)};
    const auto status = app.run();
    if (!status) {
        spdlog::critical("{}", status.error().message);
        return to_int(ExitStatus::os_error);
    }
    return *status;
}

}  // namespace rs
