// One step of the machine in the making; machine.hpp has what the words mean.
//
// The handlers note the facts that an event tells; pursue() then does what the facts ask for, and settle()
// names the state they add up to.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/service/machine.hpp"

namespace rs {

class Stepper {
  public:
    Stepper(Machine machine, TimePoint now)
        : m_(std::move(machine)), now_(now), served_before_(m_.serving ? m_.serving->id : 0) {}
    Step run(const Event& event) &&;

    void operator()(const event::Begin&);
    void operator()(const event::NetworkFound& found);
    void operator()(const event::NetworkMissing& missing);
    void operator()(const event::ProxyExecuted& executed);
    void operator()(const event::ProxyReady& ready);
    void operator()(const event::ProxyStatus& status);
    void operator()(const event::ProxyPinged& pinged);
    void operator()(const event::ProxyHealthy& healthy);
    void operator()(const event::ProxyUnwell& unwell);
    void operator()(const event::ProxyUnhealthy& unhealthy);
    void operator()(const event::LaunchFailed& failure);
    void operator()(const event::ProxyEnded& ended);
    void operator()(const event::TimerFired& fired);
    void operator()(const event::Reloaded& reloaded);
    void operator()(const event::ReloadRefused& refused);
    void operator()(const event::ReloadRequested&);
    void operator()(const event::StopRequested&);
    void operator()(const event::ConnectionsWait&);
    void operator()(const event::Asked& asked);

  private:
    using milliseconds = std::chrono::milliseconds;

    static bool is(const std::optional<Slot>& slot, ProxyId proxy) { return slot && slot->id == proxy; }
    [[nodiscard]] bool ending() const { return m_.stop_requested || m_.verdict; }

    void add(Effect effect) { effects_.push_back(std::move(effect)); }
    void report(bool warning, std::string line) { add(effect::Report{warning, std::move(line)}); }
    void set_timer(Timer timer, milliseconds delay);
    void clear_timers_of(ProxyId proxy);
    void end_pause();

    void pursue();
    void said_ready(ProxyId proxy);
    void serve_if_ready();
    void hand_over();
    void end_handover();
    void take_back();
    void ask_for_successor(Wish wish, std::string why, Cause cause);
    [[nodiscard]] Cause cause_of_launch() const;
    void finish_reload(const std::string& failure = {});
    void reload_timed_out();
    void retire(const Slot& slot, milliseconds patience);
    void ask_to_stop(Draining& proxy, milliseconds patience);
    void stop_all();
    void retire_all();
    void kill(ProxyId proxy);
    bool take_draining(ProxyId proxy);
    void drained(const ProcessEnd& end, const std::string& reason);
    void start_timed_out();
    void gone(ProxyId proxy, const std::string& how, int status);
    void lost(const Slot& slot, const std::string& how, int status);
    void retry(const std::string& after);
    void give_up(const std::string& why, int status);
    void restart();
    void hold();
    void release();
    void answer(Request request, Outcome outcome, const std::string& reason = {});
    void answer_who_asked();
    [[nodiscard]] State sum() const;
    void settle();

    Machine m_;
    TimePoint now_;
    ProxyId served_before_;  // 0: none did
    std::vector<Effect> effects_;
    std::string why_;
};

// "1.5 s"
std::string shown(std::chrono::milliseconds span);

}  // namespace rs
