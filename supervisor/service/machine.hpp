// The one state machine. Pure: events and the time come in, the next machine and its effects come out; no I/O.
//
//   waiting   something of Podman's is missing (Machine::detail says what); looks again after a growing pause
//   starting  the proxy was launched and has not said READY yet
//   running   the proxy is ready and systemd knows
//   stopping  the proxy was asked to stop; SIGKILL follows after the stop timeout
//   ended     the program exits with the status of the effect::Exit that led here
//
// ARCHITECTURE.md has the diagram. Nothing leaves `ended`, and an event that means nothing in a state (a timer
// that was just being delivered, a second SIGTERM) changes nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "supervisor/base/loop.hpp"

namespace rs {

enum class State { waiting, starting, running, stopping, ended };
std::string_view to_string(State state);

namespace event {
struct Begin {};
struct NetworkFound {};
struct NetworkMissing {
    std::string text;
};
struct ProxyExecuted {};
struct ProxyReady {};
struct ProxyStatus {
    std::string text;
};
// It never came to run the program.
struct LaunchFailed {
    std::string text;
    int exit_status;
};
struct ProxyEnded {
    ProcessEnd end;
};
struct TimerFired {};
struct StopRequested {};
}  // namespace event
using Event = std::variant<event::Begin, event::NetworkFound, event::NetworkMissing, event::ProxyExecuted,
                           event::ProxyReady, event::ProxyStatus, event::LaunchFailed, event::ProxyEnded,
                           event::TimerFired, event::StopRequested>;

namespace effect {
struct Look {};    // find out whether all is there; answer with NetworkFound or NetworkMissing
struct Launch {};  // answer with LaunchFailed, or ProxyExecuted and what follows
struct AskToStop {};
struct Kill {};
struct TellReady {};
struct TellStopping {};
struct SetTimer {  // replaces the one before
    std::chrono::milliseconds delay;
};
struct ClearTimer {};
struct Exit {
    int status;
};
}  // namespace effect
using Effect = std::variant<effect::Look, effect::Launch, effect::AskToStop, effect::Kill, effect::TellReady,
                            effect::TellStopping, effect::SetTimer, effect::ClearTimer, effect::Exit>;

struct Settings {
    bool ready_on_exec = false;
    int stop_signal = 0;
    std::chrono::milliseconds start_timeout{};  // 0 = for ever, likewise below
    std::chrono::milliseconds stop_timeout{};
};

struct Machine {
    Settings settings{};
    State state = State::waiting;
    TimePoint since{};
    int looks = 0;       // in vain, since waiting began
    std::string detail;  // what is missing, what the proxy says of itself, or why we stop
    // Set when stopping: what to exit with once the proxy is gone. Nothing: whatever the proxy's own end says.
    std::optional<int> verdict;

    // One line for systemctl status.
    [[nodiscard]] std::string status_text() const;
};

struct Step {
    Machine next;
    std::vector<Effect> effects;
};
[[nodiscard]] Step step(const Machine& machine, const Event& event, TimePoint now);

// The pause before the look that follows `looks` in vain: 100 ms doubling up to 5 s.
std::chrono::milliseconds pause_after(int looks);

}  // namespace rs
