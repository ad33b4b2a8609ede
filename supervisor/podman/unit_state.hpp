// What the user's systemd manager says of one unit, and the same in words.
#pragma once

#include <map>
#include <string>

namespace rs {

// As in org.freedesktop.systemd1(5); an empty string is what was not told.
struct UnitState {
    std::string name;    // as configured; the unit's own name may be another (an alias)
    std::string load;    // LoadState: "loaded", "not-found", "masked", "bad-setting", "error"
    std::string active;  // ActiveState: "active", "inactive", "failed", "activating", …
    std::string sub;     // SubState, by the type of the unit: "running", "auto-restart", …
    std::string result;  // why it failed: "exit-code", "timeout", …; empty unless it did
    std::string note;    // why it is not active although it was to be: "cannot be started: …"
    bool operator==(const UnitState&) const = default;
};

// `properties` of the interface org.freedesktop.systemd1.Unit; the name and, where it still counts, the note
// are taken over from `before`. The result lies in another interface.
UnitState read_unit(const UnitState& before, const std::map<std::string, std::string>& properties);

// It failed, be it for good or until the manager starts it again: only then a result says anything.
bool has_failed(const UnitState& unit);

// The interface with the property Result; empty for a type of unit that has none.
std::string result_interface(const std::string& unit_name);

// What follows "unit whoami.service of user test": "is inactive", "failed (result exit-code)". Empty if it is
// active.
std::string problem_of(const UnitState& unit);

}  // namespace rs
