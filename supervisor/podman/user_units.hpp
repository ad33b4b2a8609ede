// Are the units of the user active that the proxy needs? The user's systemd manager tells, and tells of each
// change.
//
// A signal only says "ask again"; the answer decides what is true. No timer runs while no answer is awaited.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "supervisor/base/bus.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/podman/discover.hpp"
#include "supervisor/podman/paths.hpp"
#include "supervisor/podman/unit_state.hpp"
#include "supervisor/podman/user_manager.hpp"

namespace rs {

class UserUnits {
  public:
    // `units` are names as systemd.unit(5) has them. With `start` a unit that is found inactive when the
    // manager is reached is started, once.
    UserUnits(const PodmanPaths& paths, const std::vector<std::string>& units, bool start);
    UserUnits(const UserUnits&) = delete;
    UserUnits& operator=(const UserUnits&) = delete;

    // Connects if that is possible and not done yet, and calls `changed` from the loop whenever state() may
    // have changed. Call it again before each look, after Watch::arm, which tells when the manager's sockets
    // appear. `changed` may do so, but not destroy the UserUnits.
    void arm(Loop& loop, const std::function<void()>& changed);

    // The manager has been reached and has not told of all units yet: `changed` comes in a moment, at the
    // latest when it has kept silent for 25 s. Until then state() is not worth a word.
    [[nodiscard]] bool asking() const;

    // Whether all units are active; else the first, in the order given, that is not.
    [[nodiscard]] std::expected<void, Missing> state() const;

    // As the manager last told; a unit that it has not told of yet has its name only.
    [[nodiscard]] std::vector<UnitState> items() const;

  private:
    struct Unit {
        UnitState state;
        std::vector<std::string> followed;  // whose signals come: the configured name, the unit's own
        bool known = false;                 // told of since the manager was reached
        bool asked = false;                 // the answer is on its way …
        bool again = false;                 // … but something happened since the question
        bool start_decided = false;
    };

    Result<> follow_all();
    Result<> follow(Unit& unit, const std::string& name);
    void ask_all();
    void ask(Unit& unit);
    void answered(Unit& unit, const Bus::Message& answer);
    void ask_for_result(Unit& unit, const UnitState& state);
    void settle(Unit& unit, const UnitState& state);
    void appeared(Unit& unit);
    void job_ended(const Bus::Message& signal);
    void start_if_wanted(Unit& unit);
    void note(Unit& unit, std::string text);

    bool start_;
    std::string user_;
    std::vector<Unit> units_;  // callbacks hold addresses of its elements
    std::function<void()> changed_;
    UserManager manager_;
};

}  // namespace rs
