#include "supervisor/service/machine.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "supervisor/base/exit_status.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;

// One step in the making. Each handler is named after the event; states in which the event means nothing are
// listed, so that the compiler asks about a new one.
class Stepper {
  public:
    Stepper(const Machine& machine, TimePoint now) : machine_(machine), now_(now) {}

    Step result() && { return {std::move(machine_), std::move(effects_)}; }

    void operator()(const event::Begin&) { look(); }

    void operator()(const event::NetworkFound&) {
        if (machine_.state != State::waiting) return;
        enter(State::starting, "");
        set_timer(machine_.settings.start_timeout);
        add(effect::Launch{});
    }

    void operator()(const event::NetworkMissing& missing) {
        if (machine_.state != State::waiting) return;
        machine_.detail = missing.text;
        add(effect::SetTimer{pause_after(machine_.looks++)});
    }

    void operator()(const event::ProxyExecuted&) {
        if (machine_.settings.ready_on_exec) become_ready();
    }

    void operator()(const event::ProxyReady&) {
        if (!machine_.settings.ready_on_exec) become_ready();
    }

    void operator()(const event::ProxyStatus& status) {
        if (machine_.state == State::starting || machine_.state == State::running) machine_.detail = status.text;
    }

    void operator()(const event::LaunchFailed& failure) {
        if (machine_.state == State::ended) return;
        end(machine_.verdict.value_or(failure.exit_status), failure.text);
    }

    void operator()(const event::ProxyEnded& ended) {
        const ProcessEnd& how = ended.end;
        switch (machine_.state) {
            case State::starting:
                // Status 0 before it was ready is no success.
                return end(std::max(how.shell_status(), to_int(ExitStatus::failure)),
                           std::format("proxy {} before it was ready", how.text()));
            case State::running: return end(how.shell_status(), std::format("proxy {}", how.text()));
            case State::stopping: return end(machine_.verdict.value_or(status_after_stop(how)), std::format("proxy {}", how.text()));
            case State::waiting:
            case State::ended: return;
        }
    }

    void operator()(const event::TimerFired&) {
        switch (machine_.state) {
            case State::waiting: return look();
            case State::starting:
                return stop(std::format("proxy not ready within {}", text(machine_.settings.start_timeout)),
                            to_int(ExitStatus::temporary));
            case State::stopping: return kill();
            case State::running:
            case State::ended: return;
        }
    }

    void operator()(const event::StopRequested&) {
        switch (machine_.state) {
            case State::waiting: return end(to_int(ExitStatus::ok), "stopped while waiting");
            case State::starting:
            case State::running: return stop("as requested", std::nullopt);
            case State::stopping:
            case State::ended: return;
        }
    }

  private:
    static std::string text(milliseconds span) { return std::format("{} s", static_cast<double>(span.count()) / 1000); }

    void add(Effect effect) { effects_.push_back(effect); }

    void enter(State state, std::string detail) {
        machine_.state = state;
        machine_.since = now_;
        machine_.detail = std::move(detail);
    }

    void set_timer(milliseconds delay) {
        if (delay.count() > 0) {
            add(effect::SetTimer{delay});
        } else {
            add(effect::ClearTimer{});
        }
    }

    void look() {
        if (machine_.state == State::waiting) add(effect::Look{});
    }

    void become_ready() {
        if (machine_.state != State::starting) return;
        enter(State::running, machine_.detail);
        add(effect::ClearTimer{});
        add(effect::TellReady{});
    }

    void stop(std::string why, std::optional<int> verdict) {
        enter(State::stopping, std::move(why));
        machine_.verdict = verdict;
        add(effect::TellStopping{});
        set_timer(machine_.settings.stop_timeout);
        add(effect::AskToStop{});
    }

    // systemd, too, calls a unit failed whose processes had to be killed.
    void kill() {
        if (!machine_.verdict) machine_.verdict = to_int(ExitStatus::failure);
        machine_.detail = std::format("proxy did not stop within {}; killed", text(machine_.settings.stop_timeout));
        add(effect::Kill{});
    }

    // A program without a handler for the stop signal dies of it: that is what was asked for.
    [[nodiscard]] int status_after_stop(const ProcessEnd& how) const {
        const bool obeyed = how.by_signal && how.value == machine_.settings.stop_signal;
        return obeyed ? to_int(ExitStatus::ok) : how.shell_status();
    }

    void end(int status, std::string why) {
        enter(State::ended, std::move(why));
        add(effect::ClearTimer{});
        add(effect::Exit{status});
    }

    Machine machine_;
    TimePoint now_;
    std::vector<Effect> effects_;
};

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::waiting: return "waiting";
        case State::starting: return "starting";
        case State::running: return "running";
        case State::stopping: return "stopping";
        case State::ended: return "ended";
    }
    std::unreachable();
}

std::string Machine::status_text() const {
    const auto with = [this](std::string_view text) { return detail.empty() ? std::string{text} : std::format("{}: {}", text, detail); };
    switch (state) {
        case State::waiting: return with("Waiting for Podman");
        case State::starting: return with("Starting the proxy");
        case State::running: return with("Proxy ready");
        case State::stopping: return with("Stopping the proxy");
        case State::ended: return with("Ended");
    }
    std::unreachable();
}

Step step(const Machine& machine, const Event& event, TimePoint now) {
    Stepper stepper{machine, now};
    std::visit(stepper, event);
    return std::move(stepper).result();
}

milliseconds pause_after(int looks) {
    constexpr milliseconds kFirst{100};
    constexpr milliseconds kLongest{5000};
    constexpr int kDoublings = 6;  // 6.4 s: past the longest, and no shift can overflow
    return std::min(kFirst * (1 << std::min(looks, kDoublings)), kLongest);
}

}  // namespace rs
