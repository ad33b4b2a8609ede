#include "supervisor/base/bus.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <format>
#include <string_view>
#include <utility>

#include "supervisor/base/fd.hpp"

namespace rs {
namespace {

constexpr const char* kLost =
    "type='signal',sender='org.freedesktop.DBus.Local',path='/org/freedesktop/DBus/Local',"
    "interface='org.freedesktop.DBus.Local',member='Disconnected'";

// Ours and not sd-bus's own connect: no limit and no escaping that its address strings have, and the plain
// errno.
Result<UniqueFd> connect_to(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof address.sun_path) return fail_errno(path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return fail_errno("cannot create a socket", errno);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        return fail_errno(path, errno);
    }
    return socket;
}

bool next_is(sd_bus_message* message, char wanted, std::string_view wanted_contents) {
    char type = 0;
    const char* contents = nullptr;
    if (sd_bus_message_peek_type(message, &type, &contents) <= 0 || type != wanted) return false;
    return wanted_contents == (contents != nullptr ? contents : "");
}

// The next argument if it is a string or an object path, bare or in a variant.
bool read_string(sd_bus_message* message, std::string& text) {
    const char* read = nullptr;
    int r = 0;
    if (next_is(message, SD_BUS_TYPE_VARIANT, "s")) {
        r = sd_bus_message_read(message, "v", "s", &read);
    } else if (next_is(message, SD_BUS_TYPE_STRING, "")) {
        r = sd_bus_message_read(message, "s", &read);
    } else if (next_is(message, SD_BUS_TYPE_OBJECT_PATH, "")) {
        r = sd_bus_message_read(message, "o", &read);
    }
    if (r <= 0) return false;
    text = read;
    return true;
}

void read_properties(sd_bus_message* message, std::map<std::string, std::string>& properties) {
    if (sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "{sv}") <= 0) return;
    while (sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv") > 0) {
        std::string name;
        std::string value;
        if (read_string(message, name)) {
            if (read_string(message, value)) {
                properties.insert_or_assign(std::move(name), std::move(value));
            } else if (sd_bus_message_skip(message, "v") < 0) {
                return;
            }
        }
        if (sd_bus_message_exit_container(message) < 0) return;
    }
    sd_bus_message_exit_container(message);
}

Bus::Message decode(sd_bus_message* message) {
    Bus::Message decoded;
    if (const sd_bus_error* error = sd_bus_message_get_error(message); error != nullptr) {
        decoded.error = error->name;
        decoded.reason = error->message != nullptr ? error->message : error->name;
        return decoded;
    }
    // Matching may have read it before us.
    if (sd_bus_message_rewind(message, 1) < 0) return decoded;
    while (sd_bus_message_at_end(message, 1) == 0) {
        std::string text;
        if (read_string(message, text)) {
            decoded.strings.push_back(std::move(text));
        } else if (next_is(message, SD_BUS_TYPE_ARRAY, "{sv}")) {
            read_properties(message, decoded.properties);
        } else if (sd_bus_message_skip(message, nullptr) < 0) {
            return decoded;
        }
    }
    return decoded;
}

std::unexpected<Error> bus_error(const char* what, int code) {
    return fail_errno(std::format("cannot {} D-Bus", what), -code);
}

}  // namespace

bool Bus::Message::is_silence() const {
    static constexpr std::array kNames{SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT, SD_BUS_ERROR_TIMED_OUT,
                                       SD_BUS_ERROR_DISCONNECTED};
    return std::ranges::contains(kNames, error);
}

bool Bus::Message::is_nobody() const {
    return error == SD_BUS_ERROR_SERVICE_UNKNOWN || error == SD_BUS_ERROR_NAME_HAS_NO_OWNER;
}

Result<std::unique_ptr<Bus>> Bus::connect(const Loop& loop, const std::string& socket, Kind kind,
                                          std::function<void()> lost) {
    auto connected = connect_to(socket);
    if (!connected) return std::unexpected(connected.error());
    sd_bus* made = nullptr;
    if (const int r = sd_bus_new(&made); r < 0) return bus_error("make a connection to", r);
    std::unique_ptr<Bus> bus{new Bus{made, loop.get()}};

    int r = sd_bus_set_fd(made, connected->get(), connected->get());
    if (r < 0) return bus_error("hand a socket to", r);
    static_cast<void>(connected->release());
    r = sd_bus_set_bus_client(made, kind == Kind::daemon ? 1 : 0);
    // The end of the loop must not wait until the other side has read what was sent to it.
    if (r >= 0) r = sd_bus_set_close_on_exit(made, 0);
    if (r >= 0) r = sd_bus_start(made);
    if (r >= 0) r = sd_bus_attach_event(made, loop.get(), SD_EVENT_PRIORITY_NORMAL);
    if (r < 0) return bus_error("connect to", r);
    auto told = bus->on_signal(kLost, [lost = std::move(lost)](const Message&) { lost(); });
    if (!told) return std::unexpected(told.error());
    return bus;
}

Result<> Bus::on_signal(const std::string& rule, Handler handler) {
    auto& match = matches_.emplace_back(this, std::move(handler), nullptr);
    sd_bus_slot* slot = nullptr;
    const int r = sd_bus_add_match_async(bus_.get(), &slot, rule.c_str(), on_match, nullptr, &match);
    match.slot.reset(slot);
    if (r >= 0) return {};
    matches_.pop_back();
    return bus_error("ask for signals of", r);
}

Result<> Bus::call(const Call& wanted, Handler handler) {
    sd_bus_message* made = nullptr;
    int r = sd_bus_message_new_method_call(bus_.get(), &made, wanted.destination.c_str(), wanted.path.c_str(),
                                           wanted.interface.c_str(), wanted.member.c_str());
    const std::unique_ptr<sd_bus_message, Unref> message{made};
    if (r >= 0) r = sd_bus_message_set_auto_start(made, 0);
    for (const auto& argument : wanted.arguments) {
        if (r >= 0) r = sd_bus_message_append_basic(made, SD_BUS_TYPE_STRING, argument.c_str());
    }
    if (r < 0) return bus_error("make a call to", r);

    auto& pending = calls_.emplace_back(this, std::move(handler), nullptr);
    sd_bus_slot* slot = nullptr;
    r = sd_bus_call_async(bus_.get(), &slot, made, on_answer, &pending, 0);
    pending.slot.reset(slot);
    if (r >= 0) return {};
    calls_.pop_back();
    if (r == -ECONNRESET) r = -ENOTCONN;  // found out by this very call; the same follows
    return bus_error("call over", r);
}

std::string Bus::object_path(const std::string& prefix, const std::string& label) {
    char* path = nullptr;
    if (sd_bus_path_encode(prefix.c_str(), label.c_str(), &path) < 0) return {};
    const std::unique_ptr<char, decltype([](char* text) { std::free(text); })> owned{path};
    return path;
}

// The handler is copied first: it may destroy the Bus, and with it the original.
int Bus::on_match(sd_bus_message* message, void* userdata, sd_bus_error* /*error*/) noexcept {
    const auto& match = *static_cast<Callback*>(userdata);
    sd_event* const event = match.bus->event_;
    try {
        const Handler handler = match.handler;
        handler(decode(message));
    } catch (...) {
        sd_event_exit(event, -ENOTRECOVERABLE);
    }
    return 0;
}

int Bus::on_answer(sd_bus_message* message, void* userdata, sd_bus_error* /*error*/) noexcept {
    auto& pending = *static_cast<Callback*>(userdata);
    sd_event* const event = pending.bus->event_;
    try {
        const Handler handler = std::move(pending.handler);
        pending.bus->calls_.remove_if([&pending](const Callback& each) { return &each == &pending; });
        handler(decode(message));
    } catch (...) {
        sd_event_exit(event, -ENOTRECOVERABLE);
    }
    return 0;
}

}  // namespace rs
