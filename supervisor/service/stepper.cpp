// What follows from the facts.
#include "supervisor/service/stepper.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "supervisor/base/exit_status.hpp"
#include "supervisor/service/backoff.hpp"

namespace rs {

std::string shown(std::chrono::milliseconds span) {
    return std::format("{} s", static_cast<double>(span.count()) / 1000);
}

Step Stepper::run(const Event& event) && {
    if (m_.state == State::stopped || m_.state == State::failed) return {std::move(m_), {}};
    std::visit(*this, event);
    if (!ending()) pursue();
    answer_who_asked();
    settle();
    return {std::move(m_), std::move(effects_)};
}

void Stepper::set_timer(Timer timer, milliseconds delay) {
    if (delay.count() > 0) add(effect::SetTimer{timer, delay});
}

void Stepper::clear_timers_of(ProxyId proxy) {
    using enum Timer::Kind;
    for (const auto kind : {start, Timer::Kind::settle, ping, reload})
        add(effect::ClearTimer{{kind, proxy}});
}

void Stepper::end_pause() {
    if (std::exchange(m_.pausing, false)) add(effect::ClearTimer{{Timer::Kind::retry}});
}

// A well proxy in today's network is wanted. Whatever starts in an older one is of no use any more.
void Stepper::pursue() {
    if (m_.network == 0 || m_.held) return;
    if (m_.starting && m_.starting->network != m_.network) {
        report(false, "Podman's network was recreated once more; starting in the new one");
        retire(*std::exchange(m_.starting, std::nullopt), m_.settings.stop_timeout);
    }
    const bool elsewhere = m_.serving && m_.serving->network != m_.network;
    const bool wanted = !m_.serving || elsewhere || m_.wish != Wish::none;
    if (!wanted || m_.starting || m_.pausing) return;
    end_handover();  // the successor may need the sockets
    why_ = elsewhere ? "Podman's network was recreated" : m_.wish_why;
    m_.starting = Slot{.id = ++m_.last_id, .network = m_.network, .since = now_, .cause = cause_of_launch()};
    set_timer({Timer::Kind::start, m_.starting->id}, m_.settings.start_timeout);
    add(effect::Launch{m_.starting->id, m_.starting->cause});
}

Cause Stepper::cause_of_launch() const {
    if (m_.serving && m_.serving->network != m_.network) return Cause::network;
    if (m_.wish != Wish::none) return m_.wish_cause;
    if (m_.asked.contains(Request::start) || m_.asked.contains(Request::restart)) return Cause::request;
    return m_.failures > 0 ? Cause::crash : Cause::start;
}

void Stepper::said_ready(ProxyId proxy) {
    if (!is(m_.starting, proxy) || std::exchange(m_.starting->said_ready, true)) return;
    // A proxy in a network that is no more reaches no container: it is relieved at once, and takes over again
    // should its successor not outlive the handover.
    const bool urgent =
        m_.serving && m_.serving->network != m_.network && m_.settings.short_handover.count() > 0;
    m_.starting->settled = urgent;
    if (!urgent) add(effect::SetTimer{{Timer::Kind::settle, proxy}, m_.settings.settle});
    if (m_.settings.probed) add(effect::Probe{proxy});
    serve_if_ready();
}

void Stepper::serve_if_ready() {
    if (!m_.starting || !m_.starting->said_ready || !m_.starting->settled) return;
    if (m_.settings.probed && !m_.starting->healthy) return;
    add(effect::ClearTimer{{Timer::Kind::start, m_.starting->id}});
    add(effect::Steer{m_.starting->id});
    if (m_.serving) hand_over();
    m_.serving = std::exchange(m_.starting, std::nullopt);
    m_.serving->since = now_;
    m_.wish = Wish::none;
    m_.wish_why.clear();
    set_timer({Timer::Kind::ping, m_.serving->id}, m_.settings.ping_timeout);
    if (!std::exchange(m_.was_ready, true)) add(effect::TellReady{});
    finish_reload();
    add(effect::Look{});  // the network may have been replaced while the proxy started in it
}

void Stepper::ask_for_successor(Wish wish, std::string why, Cause cause) {
    m_.wish = std::max(m_.wish, wish);
    m_.wish_why = std::move(why);
    m_.wish_cause = cause;
}

// systemd.service(5), Type=notify-reload: READY=1 ends a reload, also one that failed.
void Stepper::finish_reload(const std::string& failure) {
    answer(Request::reload, failure.empty() ? Outcome::done : Outcome::failed, failure);
    if (!std::exchange(m_.reloading, false)) return;
    if (m_.serving) add(effect::ClearTimer{{Timer::Kind::reload, m_.serving->id}});
    add(effect::TellReady{});
}

// New connections go to the successor; the old proxy answers what it has accepted, and is then asked to stop.
void Stepper::hand_over() {
    const Slot old = *m_.serving;
    const bool cut_off = old.network != m_.starting->network;
    const milliseconds time = cut_off ? m_.settings.short_handover : m_.settings.handover;
    if (time.count() == 0) return retire(old, m_.settings.drain_timeout);
    clear_timers_of(old.id);
    m_.draining.push_back({.slot = old, .asked = false});
    set_timer({Timer::Kind::handover, old.id}, time);
}

void Stepper::end_handover() {
    for (auto& proxy : m_.draining)
        if (!proxy.asked) ask_to_stop(proxy, m_.settings.drain_timeout);
}

// The proxy that serves is gone so soon that the one before it can go on.
void Stepper::take_back() {
    const auto old = std::ranges::find(m_.draining, false, &Draining::asked);
    if (old == m_.draining.end()) return;
    m_.serving = old->slot;
    m_.draining.erase(old);
    add(effect::ClearTimer{{Timer::Kind::handover, m_.serving->id}});
    set_timer({Timer::Kind::ping, m_.serving->id}, m_.settings.ping_timeout);
    add(effect::Steer{m_.serving->id});
}

// It drains until it is gone or killed.
void Stepper::retire(const Slot& slot, milliseconds patience) {
    clear_timers_of(slot.id);
    ask_to_stop(m_.draining.emplace_back(Draining{.slot = slot}), patience);
}

void Stepper::ask_to_stop(Draining& proxy, milliseconds patience) {
    proxy.asked = true;
    add(effect::ClearTimer{{Timer::Kind::handover, proxy.slot.id}});
    set_timer({Timer::Kind::stop, proxy.slot.id}, patience);
    add(effect::AskToStop{proxy.slot.id});
}

void Stepper::stop_all() {
    add(effect::TellStopping{});
    retire_all();
}

void Stepper::retire_all() {
    end_pause();
    end_handover();
    for (const auto& proxy : m_.draining)
        set_timer({Timer::Kind::stop, proxy.slot.id}, m_.settings.stop_timeout);
    for (auto* slot : {&m_.starting, &m_.serving}) {
        if (*slot) retire(**slot, m_.settings.stop_timeout);
        slot->reset();
    }
}

// systemd, too, calls a unit failed whose processes had to be killed.
void Stepper::kill(ProxyId proxy) {
    report(true, "the proxy does not stop; killing it");
    if (m_.stop_requested && !m_.verdict) m_.verdict = to_int(ExitStatus::failure);
    add(effect::Kill{proxy});
}

bool Stepper::take_draining(ProxyId proxy) {
    const auto is_it = [proxy](const Draining& each) { return each.slot.id == proxy; };
    if (std::erase_if(m_.draining, is_it) == 0) return false;
    for (const auto kind : {Timer::Kind::handover, Timer::Kind::stop})
        add(effect::ClearTimer{{kind, proxy}});
    return true;
}

// A program without a handler for the stop signal dies of it: that is what was asked for.
void Stepper::drained(const ProcessEnd& end, const std::string& reason) {
    const bool obeyed = end.by_signal && end.value == m_.settings.stop_signal;
    const int status = obeyed ? to_int(ExitStatus::ok) : end.shell_status();
    report(false, std::format("the stopped proxy {}{}", end.text(), reason));
    if (m_.stop_requested && !m_.verdict && status != 0) m_.verdict = status;
}

void Stepper::start_timed_out() {
    const Slot slot = *m_.starting;
    const std::string why = slot.trouble.empty() ? "" : ": " + slot.trouble;
    lost(slot, std::format("proxy not ready within {}{}", shown(m_.settings.start_timeout), why),
         to_int(ExitStatus::temporary));
    retire(slot, m_.settings.stop_timeout);
}

// A proxy is gone that was not asked to go.
void Stepper::gone(ProxyId proxy, const std::string& how, int status) {
    if (take_draining(proxy)) return;  // it failed to start after it had been given up
    for (const auto* slot : {&m_.starting, &m_.serving}) {
        if (is(*slot, proxy)) return lost(Slot{**slot}, how, status);
    }
}

void Stepper::lost(const Slot& slot, const std::string& how, int status) {
    const bool served = is(m_.serving, slot.id);
    (served ? m_.serving : m_.starting).reset();
    clear_timers_of(slot.id);
    if (served && now_ - slot.since >= m_.settings.stable_after) m_.failures = 0;
    ++m_.failures;
    why_ = how;
    if (served) take_back();

    if (m_.starting) return report(true, how + "; its successor is starting");
    if (m_.serving) {
        // What was only asked for is not tried again: the old proxy is as good as it was.
        const bool in_vain = m_.serving->network == m_.network && m_.wish == Wish::asked;
        if (in_vain) m_.wish = Wish::none;
        finish_reload(how);
        const std::string after = std::format("the successor failed: {}; the old proxy serves on", how);
        return in_vain ? report(true, after) : retry(after);
    }
    finish_reload(how);
    m_.wish = Wish::none;
    // Where no proxy ever became ready the start has failed, and `systemctl start` has to say so.
    if (!m_.was_ready || m_.failures > m_.settings.restart_limit) return give_up(how, status);
    retry(std::format("{} (failure {} in a row; giving up after {})", how, m_.failures,
                      m_.settings.restart_limit));
}

void Stepper::retry(const std::string& after) {
    const milliseconds pause = backoff_after(m_.failures);
    m_.pausing = true;
    add(effect::SetTimer{{Timer::Kind::retry}, pause});
    report(true, std::format("{}; next try in {}", after, shown(pause)));
}

void Stepper::give_up(const std::string& why, int status) {
    why_ = why;
    m_.verdict = status;
    stop_all();
}

State Stepper::sum() const {
    if (ending() && !m_.draining.empty()) return State::stopping;
    if (ending()) return m_.verdict.value_or(0) == 0 ? State::stopped : State::failed;
    if (m_.held) return State::held;
    if (m_.serving) return m_.starting ? State::replacing : State::running;
    if (m_.starting) return State::starting;
    return m_.pausing ? State::backoff : State::waiting;
}

void Stepper::settle() {
    const State state = sum();
    if (state == m_.state) return;
    if (m_.state == State::waiting) add(effect::ClearTimer{{Timer::Kind::wait}});
    if (state == State::waiting) set_timer({Timer::Kind::wait}, m_.settings.wait_timeout);
    // What led to the end was told by `stopping` already, where it came to that.
    if (m_.state != State::stopping) m_.why = why_;
    m_.state = state;
    m_.since = now_;
    if (state == State::stopped || state == State::failed) add(effect::Exit{m_.verdict.value_or(0)});
}

}  // namespace rs
