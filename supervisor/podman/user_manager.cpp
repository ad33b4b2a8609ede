#include "supervisor/podman/user_manager.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <format>
#include <utility>

namespace rs {
namespace {

using std::chrono::milliseconds;

// A connection that breaks before it was of use is tried anew, more and more rarely: after 20 ms, 40 ms, … 20
// s. The first times are not worth a word: we may have met a manager that is about to end.
constexpr milliseconds kFirstRetry{20};
constexpr unsigned kDoublings = 10;
constexpr unsigned kSilentAttempts = 3;
// As long as sd-bus waits for an answer; it is more patient until the other side has accepted the connection.
constexpr milliseconds kPatience{25'000};

// org.freedesktop.systemd1(5)
constexpr const char* kName = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kUnits = "/org/freedesktop/systemd1/unit";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
constexpr const char* kAlreadySubscribed = "org.freedesktop.systemd1.AlreadySubscribed";

}  // namespace

void UserManager::arm(Loop& loop, const Observer& observer) {
    if (loop_ == nullptr) {
        loop_ = &loop;
        observer_ = observer;
    }
    if (!bus_ && !retry_) reach();
}

void UserManager::reach() {
    const Place socket = runtime_dir_ / "systemd/private";
    auto kind = Bus::Kind::direct;
    auto reached = Bus::connect(*loop_, socket.reached, kind, [this] { lost(); });
    if (!reached && reached.error().code == ENOENT) {
        kind = Bus::Kind::daemon;
        auto on_session_bus = Bus::connect(*loop_, (runtime_dir_ / "bus").reached, kind, [this] { lost(); });
        if (on_session_bus) reached = std::move(on_session_bus);
    }
    if (!reached) {
        const int code = reached.error().code;
        trouble_ = unreachable(socket, code);
        // In these cases a file has to change, of which Watch tells. In the others somebody listens.
        if (code != ENOENT && code != ECONNREFUSED && code != EACCES) try_later();
        return;
    }
    bus_ = *std::move(reached);
    trouble_.clear();
    subscribing_ = worked_ = false;
    if (auto introduced = introduce(kind); !introduced) {
        trouble_ = std::move(introduced.error().message);
        try_later();
    }
}

Result<> UserManager::introduce(Bus::Kind kind) {
    if (auto followed = observer_.connected(); !followed) return followed;
    // A bus daemon outlives the manager; systemd's own socket does not.
    if (kind == Bus::Kind::daemon) {
        const std::string owner =
            std::format("type='signal',sender='{0}',interface='{0}',member='NameOwnerChanged',arg0='{1}'",
                        "org.freedesktop.DBus", kName);
        auto followed = bus_->on_signal(owner, [this](const Bus::Message&) { ask_whether_it_answers(); });
        if (!followed) return followed;
    }
    auto timer = loop_->after(kPatience, [this] {
        patience_.reset();
        complain("does not answer");
    });
    if (!timer) return std::unexpected(timer.error());
    patience_ = *std::move(timer);
    ask_whether_it_answers();
    return {};
}

// Of the three ways in which a manager that comes or goes cannot be reached (no runtime directory, one that
// is still root's, a socket that nobody listens on) each is there for a moment only: they share one text.
std::string UserManager::unreachable(const Place& socket, int code) const {
    const bool hidden = code == EACCES && ::access(runtime_dir_.reached.c_str(), F_OK) < 0;
    if (code == ENOENT || code == ECONNREFUSED || (code == EACCES && !hidden)) {
        return std::format("the systemd manager of user {} is not running (cannot connect to '{}')", user_,
                           socket.shown);
    }
    return std::format(
        "cannot reach the systemd manager of user {} at '{}': {}{}", user_, socket.shown, reason_of(code),
        hidden ? " (with ProtectHome=yes the unit needs OpenFile=/run/user:user-runtime:read-only)" : "");
}

// If it had answered, it ended or executes itself anew, and arm() finds the next one.
void UserManager::lost() {
    patience_.reset();
    bus_.reset();
    trouble_ = std::format("the systemd manager of user {} closes the connection at once", user_);
    if (!worked_) try_later();
    if (worked_ || attempts_ > kSilentAttempts) observer_.changed();
}

void UserManager::try_later() {
    auto timer = loop_->after(kFirstRetry * (1U << std::min(attempts_++, kDoublings)), [this] {
        retry_.reset();
        bus_.reset();
        reach();
        observer_.changed();
    });
    if (timer) {
        retry_ = *std::move(timer);
    } else {
        trouble_ = std::move(timer.error().message);
    }
}

// Signals come to a bus only while somebody there has subscribed; the first caller gets to know that it
// works.
void UserManager::ask_whether_it_answers() {
    if (!subscribing_) subscribe();
}

bool UserManager::subscribe() {
    subscribing_ = true;
    return send({kName, kPath, kManager, "Subscribe", {}},
                [this](const Bus::Message& answer) { subscribed(answer); });
}

void UserManager::subscribed(const Bus::Message& answer) {
    subscribing_ = false;
    patience_.reset();
    if (answer.is_silence()) {
        if (subscribe()) complain("does not answer");
        return;
    }
    if (answer.is_nobody())
        return complain(std::format("is not on the bus '{}'", (runtime_dir_ / "bus").shown));
    if (answer.is_error() && answer.error != kAlreadySubscribed) {
        return complain(std::format("will not tell of changes: {}", answer.reason));
    }
    trouble_.clear();
    worked_ = true;
    attempts_ = 0;
    observer_.answers();
}

void UserManager::complain(const std::string& problem) {
    const std::string text = std::format("the systemd manager of user {} {}", user_, problem);
    if (std::exchange(trouble_, text) == text) return;
    observer_.changed();
}

// False if the connection is at its end. It is never ended here: we may be in a callback of its own.
bool UserManager::send(const Bus::Call& call, Bus::Handler handler) {
    const auto sent = bus_->call(call, std::move(handler));
    if (!sent && sent.error().code != ENOTCONN && !retry_)
        try_later();  // with ENOTCONN lost() comes by itself
    return sent.has_value();
}

void UserManager::call(const std::string& member, std::vector<std::string> arguments, Bus::Handler handler) {
    send({kName, kPath, kManager, member, std::move(arguments)}, std::move(handler));
}

void UserManager::call_unit(const std::string& unit, const std::string& member,
                            std::vector<std::string> arguments, Bus::Handler handler) {
    send({kName, Bus::object_path(kUnits, unit), kProperties, member, std::move(arguments)},
         std::move(handler));
}

Result<> UserManager::on_signal(const std::string& member, const std::string& more, Bus::Handler handler) {
    const std::string rule = std::format("type='signal',sender='{}',path='{}',interface='{}',member='{}'{}",
                                         kName, kPath, kManager, member, more);
    return bus_->on_signal(rule, std::move(handler));
}

Result<> UserManager::on_change(const std::string& unit, Bus::Handler handler) {
    const std::string rule =
        std::format("type='signal',sender='{}',path='{}',interface='{}',member='PropertiesChanged',arg0='{}'",
                    kName, Bus::object_path(kUnits, unit), kProperties, kUnit);
    return bus_->on_signal(rule, std::move(handler));
}

}  // namespace rs
