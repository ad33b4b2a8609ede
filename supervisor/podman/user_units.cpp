#include "supervisor/podman/user_units.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <format>
#include <iterator>
#include <utility>

#include "supervisor/base/user.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;

// A connection that breaks before it was of use is tried anew, more and more rarely: 20 ms, 40 ms, … 20 s.
constexpr milliseconds kFirstRetry{20};
constexpr milliseconds kPatience{25'000};
constexpr unsigned kDoublings = 10;
constexpr unsigned kSilentAttempts = 3;

constexpr const char* kName = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

std::string unit_path(const std::string& name) {
    return Bus::object_path(std::format("{}/unit", kPath), name);
}

Bus::Call manager_call(std::string member, std::vector<std::string> arguments = {}) {
    return {kName, kPath, kManager, std::move(member), std::move(arguments)};
}

std::string manager_signal(const char* member) {
    return std::format("type='signal',sender='{}',path='{}',interface='{}',member='{}'", kName, kPath,
                       kManager, member);
}

// systemd's messages are sentences; ours go on.
std::string clause(std::string sentence) {
    if (sentence.ends_with('.')) sentence.pop_back();
    return sentence;
}

}  // namespace

UserUnits::UserUnits(const PodmanPaths& paths, const std::vector<std::string>& units, bool start)
    : runtime_dir_(paths.runtime_dir), start_(start), user_(user_name()) {
    for (const auto& name : units)
        units_.emplace_back().state.name = name;
}

void UserUnits::arm(Loop& loop, const std::function<void()>& changed) {
    if (!changed_) {
        loop_ = &loop;
        changed_ = changed;
    }
    if (!units_.empty() && !bus_ && !retry_) reach_manager();
}

bool UserUnits::asking() const {
    return bus_ && trouble_.empty() && !std::ranges::all_of(units_, &Unit::known);
}

std::expected<void, Missing> UserUnits::state() const {
    if (units_.empty()) return {};
    if (!trouble_.empty()) return std::unexpected(Missing{trouble_, awaited()});
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

std::string UserUnits::awaited() const {
    std::string text = units_.size() == 1 ? "unit " : "units ";
    for (const auto& unit : units_)
        text += (&unit == &units_.front() ? "" : ", ") + unit.state.name;
    return text;
}

// One text while the manager and its socket come and go, whichever of the three it is at the moment: no
// runtime directory, one that is still root's, or a socket that nobody listens on.
std::string UserUnits::unreachable(const Place& socket, int code) const {
    const bool hidden = code == EACCES && ::access(runtime_dir_.reached.c_str(), F_OK) < 0;
    if (code == ENOENT || code == ECONNREFUSED || (code == EACCES && !hidden)) {
        return std::format("the systemd manager of user {} is not running (cannot connect to '{}')", user_,
                           socket.shown);
    }
    return std::format(
        "cannot reach the systemd manager of user {} at '{}': {}{}", user_, socket.shown, reason_of(code),
        hidden ? " (with ProtectHome=yes the unit needs OpenFile=/run/user:user-runtime:read-only)" : "");
}

void UserUnits::reach_manager() {
    const Place socket = runtime_dir_ / "systemd/private";
    auto kind = Bus::Kind::direct;
    auto reached = Bus::connect(*loop_, socket.reached, kind, [this] { lost(); });
    if (!reached && reached.error().code == ENOENT) {
        kind = Bus::Kind::daemon;
        auto on_session_bus = Bus::connect(*loop_, (runtime_dir_ / "bus").reached, kind, [this] { lost(); });
        if (on_session_bus) reached = std::move(on_session_bus);
    }
    if (!reached) {
        trouble_ = unreachable(socket, reached.error().code);
        // Another manager will come: what is inactive then has not been started by us.
        for (auto& unit : units_)
            unit.start_decided = false;
        if (reached.error().code == EAGAIN) try_later();
        return;
    }
    bus_ = *std::move(reached);
    trouble_.clear();
    subscribing_ = worked_ = false;
    for (auto& unit : units_) {
        unit.followed.clear();
        unit.known = unit.asked = unit.again = false;
    }
    if (auto following = follow_manager(kind); !following) {
        trouble_ = std::move(following.error().message);
        return try_later();
    }
    // sd-bus is more patient until the other side has accepted the connection.
    auto timer = loop_->after(kPatience, [this] {
        patience_.reset();
        silent();
    });
    if (timer) patience_ = *std::move(timer);
    subscribe();
}

// The manager ended or executes itself anew: `changed` looks for it again. Or, if it had not answered yet, it
// was about to end when we came, or does not want to talk: only when that goes on it is worth a word.
void UserUnits::lost() {
    patience_.reset();
    bus_.reset();
    trouble_ = std::format("the systemd manager of user {} closes the connection at once", user_);
    if (!worked_) try_later();
    if (worked_ || attempts_ > kSilentAttempts) changed_();
}

void UserUnits::try_later() {
    auto timer = loop_->after(kFirstRetry * (1U << std::min(attempts_++, kDoublings)), [this] {
        retry_.reset();
        bus_.reset();
        reach_manager();
        changed_();
    });
    if (timer) {
        retry_ = *std::move(timer);
    } else {
        trouble_ = std::move(timer.error().message);
    }
}

Result<> UserUnits::follow_manager(Bus::Kind kind) {
    // A bus daemon outlives the manager; systemd's own socket does not.
    if (kind == Bus::Kind::daemon) {
        const std::string owner = std::format(
            "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='"
            "NameOwnerChanged',"
            "arg0='{}'",
            kName);
        auto followed = bus_->on_signal(owner, [this](const Bus::Message&) { subscribe(); });
        if (!followed) return followed;
    }
    auto reloading = bus_->on_signal(manager_signal("Reloading"), [this](const Bus::Message&) {
        for (auto& unit : units_)
            ask(unit);
    });
    if (!reloading) return reloading;
    auto jobs = bus_->on_signal(manager_signal("JobRemoved"),
                                [this](const Bus::Message& signal) { job_ended(signal); });
    if (!jobs) return jobs;
    for (auto& unit : units_) {
        if (auto followed = follow(unit, unit.state.name); !followed) return followed;
    }
    return {};
}

Result<> UserUnits::follow(Unit& unit, const std::string& name) {
    unit.followed.push_back(name);
    const std::string changes =
        std::format("type='signal',sender='{}',path='{}',interface='{}',member='PropertiesChanged',arg0='{}'",
                    kName, unit_path(name), kProperties, kUnit);
    auto followed = bus_->on_signal(changes, [this, &unit](const Bus::Message&) { ask(unit); });
    if (!followed) return followed;
    const std::string loaded = std::format("{},arg0='{}'", manager_signal("UnitNew"), name);
    return bus_->on_signal(loaded, [this, &unit](const Bus::Message&) { appeared(unit); });
}

// False if the connection is at its end. It is never ended here: we may be in a callback of its own.
bool UserUnits::send(const Bus::Call& call, Bus::Handler handler) {
    const auto sent = bus_->call(call, std::move(handler));
    if (!sent && sent.error().code != ENOTCONN && !retry_)
        try_later();  // with ENOTCONN lost() comes by itself
    return sent.has_value();
}

void UserUnits::trouble(std::string text) {
    for (auto& unit : units_)
        unit.known = false;
    if (text == trouble_) return;
    trouble_ = std::move(text);
    changed_();
}

void UserUnits::silent() {
    trouble(std::format("the systemd manager of user {} does not answer", user_));
}

bool UserUnits::subscribe() {
    if (std::exchange(subscribing_, true)) return true;
    return send(manager_call("Subscribe"), [this](const Bus::Message& answer) { subscribed(answer); });
}

void UserUnits::subscribed(const Bus::Message& answer) {
    subscribing_ = false;
    patience_.reset();
    if (answer.is_silence()) {
        if (subscribe()) silent();
        return;
    }
    if (answer.is_nobody()) {
        return trouble(std::format("the systemd manager of user {} is not on the bus '{}'", user_,
                                   (runtime_dir_ / "bus").shown));
    }
    if (answer.is_error() && answer.error != "org.freedesktop.systemd1.AlreadySubscribed") {
        return trouble(std::format("the systemd manager of user {} refuses to tell of changes: {}", user_,
                                   clause(answer.reason)));
    }
    trouble_.clear();
    worked_ = true;
    attempts_ = 0;
    for (auto& unit : units_)
        ask(unit);
}

// Loads the unit if it is not loaded, and systemd may forget it again at once.
void UserUnits::ask(Unit& unit) {
    if (std::exchange(unit.asked, true)) {
        unit.again = true;
        return;
    }
    send({kName, unit_path(unit.state.name), kProperties, "GetAll", {kUnit}},
         [this, &unit](const Bus::Message& answer) { answered(unit, answer); });
}

void UserUnits::answered(Unit& unit, const Bus::Message& answer) {
    if (answer.is_silence() || answer.is_nobody()) {
        unit.asked = unit.again = false;
        subscribe();
        return;
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
        unit.again = true;  // it may have changed before its signals came
        if (!follow(unit, id->second)) try_later();
    }
    UnitState state = read_unit(unit.state, answer.properties);
    if (has_failed(state)) return ask_for_result(unit, std::move(state));
    settle(unit, state);
}

void UserUnits::ask_for_result(Unit& unit, UnitState state) {
    const std::string interface = result_interface(state.name);
    if (interface.empty()) return settle(unit, state);
    const std::string path = unit_path(state.name);
    send({kName, path, kProperties, "Get", {interface, "Result"}},
         [this, &unit, state = std::move(state)](const Bus::Message& answer) mutable {
             if (answer.is_silence() || answer.is_nobody()) return answered(unit, answer);
             if (!answer.strings.empty()) state.result = answer.strings.front();
             settle(unit, state);
         });
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
    send(manager_call("GetUnit", {unit.state.name}), [this, &unit](const Bus::Message& answer) {
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
    if (!start_ || state.load != "loaded" || state.active == "deactivating" ||
        std::exchange(unit.start_decided, true) || state.active != "inactive") {
        return;
    }
    send(manager_call("StartUnit", {state.name, "replace"}), [this, &unit](const Bus::Message& answer) {
        if (answer.is_error()) note(unit, std::format("cannot be started: {}", clause(answer.reason)));
    });
}

void UserUnits::note(Unit& unit, std::string text) {
    if (unit.state.note == text) return;
    unit.state.note = std::move(text);
    changed_();
}

}  // namespace rs
