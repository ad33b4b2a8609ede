// What each event tells.
#include "supervisor/service/machine.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "supervisor/base/exit_status.hpp"
#include "supervisor/service/stepper.hpp"

namespace rs {

namespace {

std::string reason_in(const event::ProxyEnded& ended) {
    return ended.because.empty() ? "" : ": " + ended.because;
}

}  // namespace

Step step(const Machine& machine, const Event& event, TimePoint now) {
    return Stepper{machine, now}.run(event);
}

void Stepper::operator()(const event::Begin&) {
    set_timer({Timer::Kind::wait}, m_.settings.wait_timeout);
    add(effect::Look{});
}

void Stepper::operator()(const event::NetworkFound& found) {
    if (found.generation == m_.network) return;
    m_.network = found.generation;
    m_.missing.clear();
    end_pause();  // whatever failed before failed somewhere else
}

void Stepper::operator()(const event::NetworkMissing& missing) {
    // While Podman takes its network down and up again the reasons change quickly; whoever serves through it
    // tells only the first.
    const bool news = m_.serving ? m_.network != 0 : m_.missing != missing.text;
    if (news) report(m_.serving.has_value(), missing.text);
    m_.network = 0;
    m_.missing = missing.text;
}

void Stepper::operator()(const event::ProxyExecuted& executed) {
    if (m_.settings.ready_on_exec) said_ready(executed.proxy);
}

void Stepper::operator()(const event::ProxyReady& ready) {
    if (!m_.settings.ready_on_exec) said_ready(ready.proxy);
    if (is(m_.serving, ready.proxy) && m_.wish == Wish::none) finish_reload();
}

void Stepper::operator()(const event::ProxyStatus& status) {
    for (auto* slot : {&m_.starting, &m_.serving}) {
        if (is(*slot, status.proxy)) (*slot)->status = status.text;
    }
}

void Stepper::operator()(const event::ProxyPinged& pinged) {
    if (is(m_.serving, pinged.proxy)) set_timer({Timer::Kind::ping, pinged.proxy}, m_.settings.ping_timeout);
}

void Stepper::operator()(const event::ProxyHealthy& healthy) {
    for (auto* slot : {&m_.starting, &m_.serving}) {
        if (!is(*slot, healthy.proxy)) continue;
        (*slot)->healthy = true;
        (*slot)->trouble.clear();
    }
    serve_if_ready();
}

void Stepper::operator()(const event::ProxyUnwell& unwell) {
    if (is(m_.starting, unwell.proxy)) m_.starting->trouble = unwell.text;
}

void Stepper::operator()(const event::ProxyUnhealthy& unhealthy) {
    if (is(m_.starting, unhealthy.proxy)) {
        m_.starting->trouble = unhealthy.text;
        if (std::exchange(m_.starting->trouble_told, true)) return;
        return report(true, "the starting proxy is unhealthy: " + unhealthy.text);
    }
    if (!is(m_.serving, unhealthy.proxy)) return;
    m_.serving->healthy = false;
    ask_for_successor(Wish::needed, "proxy unhealthy: " + unhealthy.text, Cause::unhealthy);
}

void Stepper::operator()(const event::LaunchFailed& failure) {
    gone(failure.proxy, failure.text, failure.exit_status);
}

void Stepper::operator()(const event::ProxyEnded& ended) {
    if (take_draining(ended.proxy)) return drained(ended.end, reason_in(ended));
    const bool early = is(m_.starting, ended.proxy) && !m_.starting->said_ready;
    // Status 0 is no success for a proxy that was not asked to stop.
    const int status = std::max(ended.end.shell_status(), to_int(ExitStatus::failure));
    gone(ended.proxy,
         std::format("proxy {}{}{}", ended.end.text(), early ? " before it was ready" : "", reason_in(ended)),
         status);
}

void Stepper::operator()(const event::TimerFired& fired) {
    const ProxyId proxy = fired.timer.proxy;
    switch (fired.timer.kind) {
        case Timer::Kind::retry:
            m_.pausing = false;
            return;
        case Timer::Kind::wait:
            if (m_.state != State::waiting) return;
            return give_up(std::format("{} (for {})", m_.missing, shown(m_.settings.wait_timeout)),
                           to_int(ExitStatus::unavailable));
        case Timer::Kind::start:
            if (is(m_.starting, proxy)) start_timed_out();
            return;
        case Timer::Kind::settle:
            if (!is(m_.starting, proxy)) return;
            m_.starting->settled = true;
            return serve_if_ready();
        case Timer::Kind::stop:
            if (m_.drains(proxy)) kill(proxy);
            return;
        case Timer::Kind::handover:
            return end_handover();
        case Timer::Kind::ping:
            if (!is(m_.serving, proxy)) return;
            return ask_for_successor(
                Wish::needed,
                std::format("proxy unhealthy: no WATCHDOG=1 within {}", shown(m_.settings.ping_timeout)),
                Cause::unhealthy);
        case Timer::Kind::reload:
            if (!m_.reloading || !is(m_.serving, proxy)) return;
            return reload_timed_out();
    }
}

void Stepper::reload_timed_out() {
    const std::string what = std::format("the proxy did not say READY=1 within {} of its reload",
                                         shown(m_.settings.start_timeout));
    report(true, what);
    finish_reload(what);
}

void Stepper::operator()(const event::ReloadRequested&) {
    if (ending()) return;
    if (m_.was_ready) {
        m_.reloading = true;
        add(effect::TellReloading{});
    }
    add(effect::ReadConfig{});
}

void Stepper::operator()(const event::ReloadRefused& refused) {
    report(true, refused.text + "; keeping the configuration as it was");
    finish_reload(refused.text);
}

void Stepper::operator()(const event::Reloaded& reloaded) {
    m_.settings = reloaded.settings;
    if (m_.starting && reloaded.relaunch)
        retire(*std::exchange(m_.starting, std::nullopt), m_.settings.stop_timeout);
    if (!m_.serving) return finish_reload();
    if (reloaded.relaunch || !m_.settings.reload_by_signal)
        return ask_for_successor(Wish::asked, "reload", Cause::reload);
    set_timer({Timer::Kind::reload, m_.serving->id}, m_.settings.start_timeout);
    add(effect::AskToReload{m_.serving->id});
    if (m_.settings.ready_on_exec) finish_reload();  // it has no way to say when
}

void Stepper::operator()(const event::ConnectionsWait&) {
    if (m_.serving && !m_.starting)
        ask_for_successor(Wish::asked, "connections wait at other sockets", Cause::request);
}

void Stepper::operator()(const event::StopRequested&) {
    if (std::exchange(m_.stop_requested, true)) return;
    why_ = "as requested";
    stop_all();
}

}  // namespace rs
