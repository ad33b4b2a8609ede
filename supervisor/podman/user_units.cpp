#include "supervisor/podman/user_units.hpp"

#include <algorithm>
#include <format>
#include <iterator>
#include <utility>

#include "supervisor/base/user.hpp"

namespace rs {
namespace {

// systemd's messages are sentences; ours go on.
std::string clause(std::string sentence) {
    if (sentence.ends_with('.')) sentence.pop_back();
    return sentence;
}

}  // namespace

UserUnits::UserUnits(const PodmanPaths& paths, const std::vector<std::string>& units, bool start)
    : start_(start), user_(user_name()), manager_(paths, user_) {
    for (const auto& name : units)
        units_.emplace_back().state.name = name;
}

void UserUnits::arm(Loop& loop, const std::function<void()>& changed) {
    if (units_.empty()) return;
    if (!changed_) changed_ = changed;
    manager_.arm(loop, {.connected = [this] { return follow_all(); },
                        .answers = [this] { ask_all(); },
                        .changed = [this] { changed_(); }});
    if (manager_.connected()) return;
    // The next manager will be another one, in which we have started nothing yet.
    for (auto& unit : units_)
        unit.start_decided = false;
}

bool UserUnits::asking() const {
    return manager_.connected() && manager_.trouble().empty() && !std::ranges::all_of(units_, &Unit::known);
}

std::expected<void, Missing> UserUnits::state() const {
    if (!manager_.trouble().empty()) {
        std::string names;
        for (const auto& unit : units_)
            names += (names.empty() ? "" : ", ") + unit.state.name;
        return std::unexpected(
            Missing{manager_.trouble(), (units_.size() == 1 ? "unit " : "units ") + names});
    }
    for (const auto& unit : units_) {
        const std::string problem = unit.known ? problem_of(unit.state) : "is not known yet";
        if (problem.empty()) continue;
        const std::string& name = unit.state.name;
        return std::unexpected(
            Missing{std::format("unit {} of user {} {}", name, user_, problem), "unit " + name});
    }
    return {};
}

std::vector<UnitState> UserUnits::items() const {
    std::vector<UnitState> items;
    std::ranges::transform(units_, std::back_inserter(items), &Unit::state);
    return items;
}

Result<> UserUnits::follow_all() {
    auto reloading = manager_.on_signal("Reloading", "", [this](const Bus::Message&) {
        for (auto& unit : units_)
            ask(unit);
    });
    if (!reloading) return reloading;
    auto jobs =
        manager_.on_signal("JobRemoved", "", [this](const Bus::Message& signal) { job_ended(signal); });
    if (!jobs) return jobs;
    for (auto& unit : units_) {
        unit.followed.clear();
        unit.known = unit.asked = unit.again = false;
        if (auto followed = follow(unit, unit.state.name); !followed) return followed;
    }
    return {};
}

Result<> UserUnits::follow(Unit& unit, const std::string& name) {
    unit.followed.push_back(name);
    auto followed = manager_.on_change(name, [this, &unit](const Bus::Message&) { ask(unit); });
    if (!followed) return followed;
    const std::string which = std::format(",arg0='{}'", name);
    return manager_.on_signal("UnitNew", which, [this, &unit](const Bus::Message&) { appeared(unit); });
}

void UserUnits::ask_all() {
    for (auto& unit : units_) {
        unit.known = false;
        ask(unit);
    }
}

// Loads the unit if it is not loaded, and systemd may forget it again at once.
void UserUnits::ask(Unit& unit) {
    if (std::exchange(unit.asked, true)) {
        unit.again = true;
        return;
    }
    manager_.call_unit(unit.state.name, "GetAll", {"org.freedesktop.systemd1.Unit"},
                       [this, &unit](const Bus::Message& answer) { answered(unit, answer); });
}

void UserUnits::answered(Unit& unit, const Bus::Message& answer) {
    if (answer.is_silence() || answer.is_nobody()) {
        unit.asked = unit.again = false;
        return manager_.ask_whether_it_answers();
    }
    if (answer.is_error()) {
        UnitState unknown;
        unknown.name = unit.state.name;
        unknown.load = "error";
        unknown.note = clause(answer.reason);
        return settle(unit, unknown);
    }
    if (const auto id = answer.properties.find("Id");
        id != answer.properties.end() && !std::ranges::contains(unit.followed, id->second)) {
        // An alias. The unit may have changed before the signals under its own name come.
        unit.again = follow(unit, id->second).has_value();
    }
    const UnitState state = read_unit(unit.state, answer.properties);
    if (has_failed(state)) return ask_for_result(unit, state);
    settle(unit, state);
}

void UserUnits::ask_for_result(Unit& unit, const UnitState& state) {
    const std::string interface = result_interface(state.name);
    if (interface.empty()) return settle(unit, state);
    const auto take = [this, &unit, state](const Bus::Message& answer) {
        if (answer.is_silence() || answer.is_nobody()) return answered(unit, answer);
        UnitState failed = state;
        if (!answer.strings.empty()) failed.result = answer.strings.front();
        settle(unit, failed);
    };
    manager_.call_unit(state.name, "Get", {interface, "Result"}, take);
}

void UserUnits::settle(Unit& unit, const UnitState& state) {
    const bool news = !std::exchange(unit.known, true) || unit.state != state;
    unit.state = state;
    unit.asked = false;
    if (std::exchange(unit.again, false)) ask(unit);
    start_if_wanted(unit);
    if (news) changed_();
}

// A unit that was loaded anew may have become active before it is worth a signal of its own. GetUnit, unlike
// ask(), does not load it: a unit that systemd forgets at once would appear again and again.
void UserUnits::appeared(Unit& unit) {
    manager_.call("GetUnit", {unit.state.name}, [this, &unit](const Bus::Message& answer) {
        if (!answer.is_error()) ask(unit);
    });
}

// The arguments are id, job, unit and result; the id is no string. What a job fails for may be another unit
// ("dependency"), which the unit itself does not show.
void UserUnits::job_ended(const Bus::Message& signal) {
    if (signal.strings.size() < 3) return;
    for (auto& unit : units_) {
        if (!std::ranges::contains(unit.followed, signal.strings[1])) continue;
        const std::string& result = signal.strings[2];
        note(unit, result == "done" ? "" : std::format("its last job ended with result {}", result));
    }
}

void UserUnits::start_if_wanted(Unit& unit) {
    const UnitState& state = unit.state;
    if (!start_ || state.load != "loaded" || state.active == "deactivating") return;
    if (std::exchange(unit.start_decided, true) || state.active != "inactive") return;
    manager_.call("StartUnit", {state.name, "replace"}, [this, &unit](const Bus::Message& answer) {
        if (answer.is_error()) note(unit, std::format("cannot be started: {}", clause(answer.reason)));
    });
}

void UserUnits::note(Unit& unit, std::string text) {
    if (unit.state.note == text) return;
    unit.state.note = std::move(text);
    changed_();
}

}  // namespace rs
