#include "supervisor/service/machine.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "supervisor/base/exit_status.hpp"
#include "supervisor/service/backoff.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;

std::string text(milliseconds span) {
    return std::format("{} s", static_cast<double>(span.count()) / 1000);
}

// One step in the making. The handlers note the facts; pursue() then does what the facts ask for, and settle()
// names the state they add up to.
class Stepper {
  public:
    Stepper(const Machine& machine, TimePoint now) : m_(machine), now_(now) {}

    Step run(const Event& event) && {
        if (m_.state == State::stopped || m_.state == State::failed) return {std::move(m_), {}};
        std::visit(*this, event);
        if (!m_.stop_requested && !m_.verdict) pursue();
        settle();
        return {std::move(m_), std::move(effects_)};
    }

    void operator()(const event::Begin&) { add(effect::Look{}); }

    void operator()(const event::NetworkFound& found) {
        if (found.generation == m_.network) return;
        if (m_.serving && found.generation != m_.serving->network) why_ = "Podman's network was recreated";
        m_.network = found.generation;
        m_.missing.clear();
        end_pause();  // whatever failed before failed somewhere else
    }

    void operator()(const event::NetworkMissing& missing) {
        // While Podman takes its network down and up again the reasons change quickly; whoever serves through
        // it tells only the first.
        const bool news = m_.serving ? m_.network != 0 : m_.missing != missing.text;
        if (news) report(m_.serving.has_value(), missing.text);
        m_.network = 0;
        m_.missing = missing.text;
    }

    void operator()(const event::ProxyExecuted& executed) {
        if (m_.settings.ready_on_exec) become_ready(executed.proxy);
    }

    void operator()(const event::ProxyReady& ready) {
        if (!m_.settings.ready_on_exec) become_ready(ready.proxy);
    }

    void operator()(const event::ProxyStatus& status) {
        if (is(m_.serving, status.proxy) || (!m_.serving && is(m_.starting, status.proxy))) {
            m_.proxy_status = status.text;
        }
    }

    void operator()(const event::LaunchFailed& failure) { gone(failure.proxy, failure.text, failure.exit_status); }

    void operator()(const event::ProxyEnded& ended) {
        const bool early = is(m_.starting, ended.proxy);
        // Status 0 is no success for a proxy that was not asked to stop.
        const int status = std::max(ended.end.shell_status(), to_int(ExitStatus::failure));
        const std::string how = std::format("proxy {}{}", ended.end.text(), early ? " before it was ready" : "");
        if (take_draining(ended.proxy)) return drained(ended.end);
        gone(ended.proxy, how, status);
    }

    void operator()(const event::TimerFired& fired) {
        const ProxyId proxy = fired.timer.proxy;
        switch (fired.timer.kind) {
            case Timer::Kind::retry: m_.pausing = false; return;
            case Timer::Kind::start:
                if (is(m_.starting, proxy)) start_timed_out();
                return;
            case Timer::Kind::stop:
                if (std::ranges::contains(m_.draining, proxy)) kill(proxy);
                return;
        }
    }

    void operator()(const event::StopRequested&) {
        if (std::exchange(m_.stop_requested, true)) return;
        why_ = "as requested";
        stop_all();
    }

  private:
    static bool is(const std::optional<Slot>& slot, ProxyId proxy) { return slot && slot->id == proxy; }

    void add(Effect effect) { effects_.push_back(std::move(effect)); }
    void report(bool warning, std::string line) { add(effect::Report{warning, std::move(line)}); }

    void set_timer(Timer timer, milliseconds delay) {
        if (delay.count() > 0) add(effect::SetTimer{timer, delay});
    }

    void end_pause() {
        if (std::exchange(m_.pausing, false)) add(effect::ClearTimer{{Timer::Kind::retry}});
    }

    // A proxy in today's network is wanted. Whatever starts in an older one is of no use any more.
    void pursue() {
        if (m_.network == 0) return;
        if (m_.starting && m_.starting->network != m_.network) {
            report(false, "Podman's network was recreated once more; starting in the new one");
            retire(*std::exchange(m_.starting, std::nullopt));
        }
        const bool current = m_.serving && m_.serving->network == m_.network;
        if (current || m_.starting || m_.pausing) return;
        m_.starting = Slot{++m_.last_id, m_.network, now_};
        set_timer({Timer::Kind::start, m_.starting->id}, m_.settings.start_timeout);
        add(effect::Launch{m_.starting->id});
    }

    void become_ready(ProxyId proxy) {
        if (!is(m_.starting, proxy)) return;
        add(effect::ClearTimer{{Timer::Kind::start, proxy}});
        if (m_.serving) retire(*m_.serving);
        m_.serving = Slot{proxy, m_.starting->network, now_};
        m_.starting.reset();
        if (!std::exchange(m_.was_ready, true)) add(effect::TellReady{});
        add(effect::Look{});  // the network may have been replaced while the proxy started in it
    }

    // Asks one proxy to stop; it drains until it is gone or killed.
    void retire(const Slot& slot) {
        add(effect::ClearTimer{{Timer::Kind::start, slot.id}});
        m_.draining.push_back(slot.id);
        set_timer({Timer::Kind::stop, slot.id}, m_.settings.stop_timeout);
        add(effect::AskToStop{slot.id});
    }

    void stop_all() {
        end_pause();
        add(effect::TellStopping{});
        for (auto* slot : {&m_.starting, &m_.serving}) {
            if (*slot) retire(**slot);
            slot->reset();
        }
    }

    // systemd, too, calls a unit failed whose processes had to be killed.
    void kill(ProxyId proxy) {
        report(true, std::format("proxy did not stop within {}; killing it", text(m_.settings.stop_timeout)));
        if (m_.stop_requested && !m_.verdict) m_.verdict = to_int(ExitStatus::failure);
        add(effect::Kill{proxy});
    }

    bool take_draining(ProxyId proxy) {
        if (std::erase(m_.draining, proxy) == 0) return false;
        add(effect::ClearTimer{{Timer::Kind::stop, proxy}});
        return true;
    }

    // A program without a handler for the stop signal dies of it: that is what was asked for.
    void drained(const ProcessEnd& end) {
        const bool obeyed = end.by_signal && end.value == m_.settings.stop_signal;
        const int status = obeyed ? to_int(ExitStatus::ok) : end.shell_status();
        report(false, std::format("the stopped proxy {}", end.text()));
        if (m_.stop_requested && !m_.verdict && status != 0) m_.verdict = status;
    }

    void start_timed_out() {
        const std::string how = std::format("proxy not ready within {}", text(m_.settings.start_timeout));
        const Slot slot = *m_.starting;
        lost(slot, how, to_int(ExitStatus::temporary));
        retire(slot);
    }

    // A proxy is gone that was not asked to go.
    void gone(ProxyId proxy, const std::string& how, int status) {
        if (take_draining(proxy)) return;  // it failed to start after it had been given up
        for (auto* slot : {&m_.starting, &m_.serving}) {
            if (is(*slot, proxy)) return lost(Slot{**slot}, how, status);
        }
    }

    void lost(const Slot& slot, const std::string& how, int status) {
        const bool served = is(m_.serving, slot.id);
        (served ? m_.serving : m_.starting).reset();
        add(effect::ClearTimer{{Timer::Kind::start, slot.id}});
        if (served && now_ - slot.since >= m_.settings.stable_after) m_.failures = 0;
        ++m_.failures;
        why_ = how;

        if (m_.starting) return report(true, how + "; its successor is starting");
        if (m_.serving) return retry(std::format("the successor failed: {}; the old proxy stays", how));
        // Where no proxy ever became ready the start has failed, and `systemctl start` has to say so.
        if (m_.was_ready && m_.failures <= m_.settings.restart_limit) {
            return retry(std::format("{} (failure {} in a row; giving up after {})", how, m_.failures,
                                     m_.settings.restart_limit));
        }
        m_.verdict = status;
        stop_all();
    }

    void retry(const std::string& after) {
        const milliseconds pause = backoff_after(m_.failures);
        m_.pausing = true;
        add(effect::SetTimer{{Timer::Kind::retry}, pause});
        report(true, std::format("{}; next try in {}", after, text(pause)));
    }

    [[nodiscard]] State sum() const {
        const bool ending = m_.stop_requested || m_.verdict;
        if (ending && !m_.draining.empty()) return State::stopping;
        if (ending) return m_.verdict.value_or(0) == 0 ? State::stopped : State::failed;
        if (m_.serving) return m_.starting ? State::replacing : State::running;
        if (m_.starting) return State::starting;
        return m_.pausing ? State::backoff : State::waiting;
    }

    void settle() {
        const State state = sum();
        if (state == m_.state) return;
        m_.state = state;
        m_.since = now_;
        m_.why = why_;
        if (state == State::stopped || state == State::failed) add(effect::Exit{m_.verdict.value_or(0)});
    }

    Machine m_;
    TimePoint now_;
    std::vector<Effect> effects_;
    std::string why_;
};

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::waiting: return "waiting";
        case State::starting: return "starting";
        case State::running: return "running";
        case State::replacing: return "replacing";
        case State::backoff: return "backoff";
        case State::stopping: return "stopping";
        case State::stopped: return "stopped";
        case State::failed: return "failed";
    }
    std::unreachable();
}

std::string Machine::status_text() const {
    const auto with = [](std::string_view head, const std::string& tail) {
        return tail.empty() ? std::string{head} : std::format("{}: {}", head, tail);
    };
    switch (state) {
        case State::waiting: return with("Waiting for Podman", missing);
        case State::starting: return with("Starting the proxy", proxy_status);
        case State::running:
            return missing.empty() ? with("Proxy ready", proxy_status) : with("Proxy ready, but not its network", missing);
        case State::replacing: return with("Replacing the proxy", why);
        case State::backoff: return with("Pausing before the next start", why);
        case State::stopping: return with("Stopping the proxy", why);
        case State::stopped: return "Stopped";
        case State::failed: return with("Failed", why);
    }
    std::unreachable();
}

Step step(const Machine& machine, const Event& event, TimePoint now) {
    return Stepper{machine, now}.run(event);
}

}  // namespace rs
