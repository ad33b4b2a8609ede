// The service: owns everything, turns what happens into events of the machine (app.cpp), performs its effects
// (effects.cpp, handover.cpp), hears what the proxy is refused (app_refusals.cpp), and tells who asks
// (app_control.cpp).
#pragma once

#include <chrono>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/base/loop.hpp"
#include "supervisor/child.hpp"
#include "supervisor/config/config.hpp"
#include "supervisor/control/journal.hpp"
#include "supervisor/control/server.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/launch/proxy.hpp"
#include "supervisor/learning.hpp"
#include "supervisor/notify/sender.hpp"
#include "supervisor/podman/user_units.hpp"
#include "supervisor/runtime.hpp"
#include "supervisor/service/machine.hpp"
#include "supervisor/setup.hpp"
#include "supervisor/snapshot.hpp"

namespace rs {

class App {
  public:
    App(std::string name, const Config& config, const std::string& config_file, Parts parts);

    Result<int> run();

  private:
    using WallClock = std::chrono::system_clock;
    struct Armed {
        Loop::Source source;
        WallClock::time_point due;
    };

    Result<> listen();
    Result<> keep_watchdog();
    void post(Event event);
    void tell(const Machine& before);
    void tell_status(const Machine& before);
    [[nodiscard]] std::string entry_line(const Machine& before) const;

    // What is said stands in the journal, and whoever asks or monitors hears it, too.
    void say(bool warning, const std::string& text);
    void record(bool warning, const std::string& text, bool new_state);
    Result<> serve_control();
    void ask(control::Verb verb);
    void count_launch(Cause cause);
    [[nodiscard]] View view() const;
    [[nodiscard]] std::optional<WallClock::time_point> until() const;

    void perform(const effect::Look&);
    void perform(const effect::Launch& wanted);
    void perform(const effect::Steer& wanted);
    void perform(const effect::AskToStop& ask);
    void perform(const effect::Kill& kill) { signal_proxy(kill.proxy, SIGKILL); }
    void perform(const effect::AskToReload& ask) { signal_proxy(ask.proxy, config_.proxy.reload_signal); }
    void perform(const effect::Probe& wanted);
    void perform(const effect::ReadConfig&);
    void perform(const effect::TellReady&) { systemd_.ready(); }
    void perform(const effect::TellReloading&);
    void perform(const effect::TellStopping&);
    void perform(const effect::SetTimer& wanted);
    void perform(const effect::ClearTimer& timer) { timers_.erase(timer.timer); }
    void perform(const effect::Report& report) { say(report.warning, report.text); }
    void perform(const effect::Answer& answer);
    void perform(const effect::Exit& exit) { parts_.loop.exit(exit.status); }

    void follow_units();
    Result<> renew_sandboxes(const Config& config);
    void tell_warnings() const;
    [[nodiscard]] std::expected<Network, Missing> all_there() const;
    void adopt(Network found);
    [[nodiscard]] bool in_use(int lane) const;
    [[nodiscard]] int free_lane() const;
    void steer(Result<> (Lanes::*what)(int lane), int lane);
    void steer_datagrams();
    void watch_unused_lanes();
    Result<CompiledLaunch> compile_proxy(int lane);
    [[nodiscard]] Result<CompiledLaunch> compile_probe(const Network& network,
                                                       const std::vector<std::string>& command) const;
    Result<> launch(ProxyId id, Cause cause);
    void tell_launch(pid_t pid, int lane);
    [[nodiscard]] bool program_changed() const;
    [[nodiscard]] bool needs_successor(const Config& wanted) const;
    void receive_notification();
    void health_changed(ProxyId id, const Prober::Report& report);
    void signal_proxy(ProxyId id, int number);
    [[nodiscard]] Proxy::Observer observe(ProxyId id);
    void listening(ProxyId id, Result<UniqueFd> listener);
    void not_listening(const Error& why);
    [[nodiscard]] int refuse(ProxyId id, const seccomp_data& call);

    void learn(std::chrono::microseconds span);
    void stop_learning();
    void return_from_lesson();
    void end_lesson(const char* error, const std::string& reason);
    void lesson_goes_on(const effect::Answer& answer);
    void observed_ended(ProxyId id, const Child& child, const ProcessEnd& end);
    [[nodiscard]] bool observed_serves() const;
    [[nodiscard]] std::shared_ptr<Learning> lesson() const;
    [[nodiscard]] static int observe_call(const std::shared_ptr<Learning>& learning,
                                          const seccomp_data& call);

    void tell_refusals(const Child& child) const;
    [[nodiscard]] std::string explain_end(const Child& child, const ProcessEnd& end) const;

    std::string name_;
    Config config_;
    Loaded loaded_;
    Parts parts_;
    NotifySender systemd_;
    Machine machine_;
    std::deque<Event> events_;
    bool stepping_ = false;
    bool told_not_listening_ = false;

    // The latest network seen, held open even while it is missing: only so is a new one known to be new.
    std::shared_ptr<const Network> network_;
    Generation generation_ = 0;
    std::unique_ptr<UserUnits> units_;
    std::map<ProxyId, Child> children_;
    std::map<Timer, Armed> timers_;
    std::vector<Loop::Source> unused_listeners_;  // a connection there asks for a proxy
    Loop::Source on_term_, on_int_, on_hup_, on_notification_, on_watchdog_;

    std::shared_ptr<Learning> learning_;

    control::Journal journal_{WallClock::now()};
    std::string status_line_;
    std::unique_ptr<control::Server> server_;
};

// Runs until the machine ends; returns the program's exit status. Everything worth saying is logged.
// `config_file` is read anew at each reload.
int run_service(const std::string& name, const std::string& config_file, const Config& config);

}  // namespace rs
