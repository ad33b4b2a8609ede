// The one state machine. Pure: events and the time come in, the next machine and its effects come out; no
// I/O.
//
//   waiting    nothing runs; something of Podman's is missing (Machine::missing says what)
//   starting   a proxy was launched and is not ready yet; no other serves
//   running    a proxy serves
//   replacing  a proxy serves while its successor starts; when that is ready, the old one drains
//   backoff    the proxy ended by itself; it is launched again after a pause
//   stopping   every proxy was asked to stop; the program exits when the last is gone
//   held       the proxy was asked to stop by a request; the service runs on, and nothing is launched until
//              another request undoes it
//   stopped    they did, as requested; the program exits
//   failed     given up; the program exits with an error, and systemd decides what next
//
// ARCHITECTURE.md has the diagram. The slots below are the facts; the state is what they add up to and is set
// in one place. An event about a proxy or a timer that is no more changes nothing.
#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "supervisor/base/process_end.hpp"

namespace rs {

enum class State { waiting, starting, running, replacing, backoff, stopping, held, stopped, failed };
std::string_view to_string(State state);

// Why a proxy is launched.
enum class Cause { start, crash, network, unhealthy, request, reload };

// What people ask for while the service runs. `stop` is of the proxy alone and leads to State::held.
enum class Request { restart, reload, stop, start };
enum class Outcome {
    done,
    failed,
    superseded,   // by a request that asks for the opposite
    not_stopped,  // nothing to start
    stopping,     // the service ends
};

using TimePoint = std::chrono::steady_clock::time_point;
using ProxyId = int;     // counts launches; never reused
using Generation = int;  // counts Podman's networks, from 1: another number is another network namespace

struct Timer {
    enum class Kind {
        retry,     // the pause of backoff
        wait,      // what is waited for must be there by then
        start,     // the starting proxy must be ready by then
        settle,    // the starting proxy has said it is ready, and must still be there by then
        handover,  // the proxy that handed over has answered what it had accepted, and is asked to stop
        stop,      // the draining proxy must be gone by then
        ping,      // the serving proxy must have sent WATCHDOG=1 by then
        reload,    // the serving proxy must have said READY=1 after its reload by then
    };
    Kind kind{};
    ProxyId proxy = 0;  // 0 where none is meant
    auto operator<=>(const Timer&) const = default;
};

struct Settings {
    bool ready_on_exec = false;
    bool probed = false;  // ready only once the health checks pass, too
    bool reload_by_signal = false;
    int stop_signal = 0;
    int restart_limit = 5;                     // failures in a row after which to give up
    std::chrono::milliseconds wait_timeout{};  // 0 = for ever, likewise below
    std::chrono::milliseconds start_timeout{};
    std::chrono::milliseconds stop_timeout{};
    std::chrono::milliseconds drain_timeout{};
    std::chrono::milliseconds ping_timeout{};  // 0 = the proxy does not ping
    // Caddy (2.11.3 and later) says READY=1 also when it could not load its configuration, and exits some 20
    // ms later: a proxy takes over only when it has outlived its READY=1 by this much.
    std::chrono::milliseconds settle{200};
    // Where each proxy has sockets of its own (launch/lanes.hpp): for how long the old one goes on after new
    // connections go to its successor, so that what it has accepted can send its first request. 0: they share
    // their sockets, so the old one is asked to stop at once.
    std::chrono::milliseconds handover{0};
    // The same for a proxy whose network is no more: as long as it goes on, its old clients meet no
    // container.
    std::chrono::milliseconds short_handover{0};
    std::chrono::milliseconds stable_after{60'000};  // a proxy that served this long starts the count anew
};

namespace event {
struct Begin {};
struct NetworkFound {
    Generation generation = 0;
};
struct NetworkMissing {
    std::string text;
};
struct ProxyExecuted {
    ProxyId proxy = 0;
};
struct ProxyReady {
    ProxyId proxy = 0;
};
struct ProxyStatus {
    ProxyId proxy = 0;
    std::string text;
};
struct ProxyPinged {  // WATCHDOG=1
    ProxyId proxy = 0;
};
struct ProxyHealthy {
    ProxyId proxy = 0;
};
// A health check failed that does not count, or not yet.
struct ProxyUnwell {
    ProxyId proxy = 0;
    std::string text;
};
// By its health checks, or because it was stopped (SIGSTOP).
struct ProxyUnhealthy {
    ProxyId proxy = 0;
    std::string text;
};
// It never came to run the program.
struct LaunchFailed {
    ProxyId proxy = 0;
    std::string text;
    int exit_status = 0;
};
struct ProxyEnded {
    ProxyId proxy = 0;
    ProcessEnd end{};
    std::string because{};  // where more is known than how
};
struct TimerFired {
    Timer timer{};
};
// The configuration was read anew; answers effect::ReadConfig.
struct Reloaded {
    Settings settings{};
    bool relaunch = false;  // what is launched, or how, has changed: a signal is not enough
};
struct ReloadRefused {
    std::string text;
};
struct ReloadRequested {};
struct StopRequested {};
// At sockets that no proxy accepts from any more, or not yet.
struct ConnectionsWait {};
// Answered by effect::Answer, in this step or a later one.
struct Asked {
    Request request{};
};
}  // namespace event
using Event = std::variant<event::Begin, event::NetworkFound, event::NetworkMissing, event::ProxyExecuted,
                           event::ProxyReady, event::ProxyStatus, event::ProxyPinged, event::ProxyHealthy,
                           event::ProxyUnwell, event::ProxyUnhealthy, event::LaunchFailed, event::ProxyEnded,
                           event::TimerFired, event::Reloaded, event::ReloadRefused, event::ReloadRequested,
                           event::StopRequested, event::ConnectionsWait, event::Asked>;

namespace effect {
struct Look {};  // find out whether all is there; answer with NetworkFound or NetworkMissing
struct Launch {  // answer with LaunchFailed, or ProxyExecuted and what follows
    ProxyId proxy = 0;
    Cause cause{};
};
struct Steer {  // new connections go to this proxy from now on
    ProxyId proxy = 0;
};
struct AskToStop {
    ProxyId proxy = 0;
};
struct Kill {
    ProxyId proxy = 0;
};
struct Probe {  // begin the health checks; answer with ProxyHealthy and ProxyUnhealthy
    ProxyId proxy = 0;
};
struct AskToReload {
    ProxyId proxy = 0;
};
struct ReadConfig {};
struct TellReady {};
struct TellReloading {};
struct TellStopping {};
struct SetTimer {  // replaces one of the same name
    Timer timer{};
    std::chrono::milliseconds delay{};
};
struct ClearTimer {
    Timer timer{};
};
// A line for the journal that no change of state tells.
struct Report {
    bool warning = false;
    std::string text;
};
// To all who have asked for it since the last answer.
struct Answer {
    Request request{};
    Outcome outcome{};
    std::string reason;  // why not; empty when done
};
struct Exit {
    int status = 0;
};
}  // namespace effect
using Effect = std::variant<effect::Look, effect::Launch, effect::Steer, effect::AskToStop, effect::Kill,
                            effect::Probe, effect::AskToReload, effect::ReadConfig, effect::TellReady,
                            effect::TellReloading, effect::TellStopping, effect::SetTimer, effect::ClearTimer,
                            effect::Report, effect::Answer, effect::Exit>;

struct Slot {
    ProxyId id = 0;
    Generation network = 0;
    TimePoint since{};
    Cause cause{};
    bool said_ready = false;
    bool settled = false;
    bool healthy = false;
    std::string status{};   // what the proxy says of itself
    std::string trouble{};  // what its health checks say while it starts
    bool trouble_told = false;
};

// A proxy that does not serve any more, but is not gone yet.
struct Draining {
    Slot slot{};
    bool asked = true;  // to stop; false during the handover, when it could still serve again
};

// Why another proxy is wanted although one serves in today's network.
enum class Wish {
    none,
    asked,   // by a reload or a request: tried once
    needed,  // the proxy is unhealthy: tried until it is done
};

struct Machine {
    Settings settings{};

    State state = State::waiting;
    TimePoint since{};
    std::string why;  // what led to the state: for the journal and for people

    Generation network = 0;  // Podman's at present; 0: missing
    std::string missing;     // what is missing and what is waited for, while network is 0

    std::optional<Slot> serving;
    std::optional<Slot> starting;
    std::vector<Draining> draining;
    ProxyId last_id = 0;

    Wish wish = Wish::none;
    std::string wish_why;
    Cause wish_cause{};
    std::set<Request> asked;  // and not answered yet
    bool held = false;
    bool reloading = false;  // systemd was told and awaits READY=1
    int failures = 0;
    bool pausing = false;  // the retry timer runs
    bool was_ready = false;
    bool stop_requested = false;
    std::optional<int> verdict;  // what to exit with; nothing: as the stopped proxy did

    // One line for systemctl status.
    [[nodiscard]] std::string status_text() const;
    // False when the proxy is ill and its successors keep failing: then the watchdog is left to bite.
    [[nodiscard]] bool recoverable() const;
    [[nodiscard]] bool drains(ProxyId proxy) const;
};

struct Step {
    Machine next;
    std::vector<Effect> effects;
};
[[nodiscard]] Step step(const Machine& machine, const Event& event, TimePoint now);

}  // namespace rs
