// A D-Bus connection on the loop: sd-bus (sd-bus(3)) with owned slots, C++ callbacks, and plain data both
// ways.
//
// Nothing here blocks. The connect(2) of a local socket is immediate; authentication, Hello, AddMatch and
// calls follow from the loop, in the order in which they were asked for. Callbacks stand behind the same
// barrier as the loop's own. None runs once the Bus is destroyed, which a callback of its own may do.
#pragma once

#include <systemd/sd-bus.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/base/loop.hpp"

namespace rs {

class Bus {
  public:
    enum class Kind {
        daemon,  // a message bus: wants a Hello, and passes on only the signals that were asked for
        direct,  // a program that speaks D-Bus itself: nobody in between, and all its signals come
    };

    struct Call {
        std::string destination, path, interface, member;
        std::vector<std::string> arguments;
    };

    // A signal, an answer, or an error in place of an answer; of what it carries only the strings.
    struct Message {
        std::string error;                              // name of the D-Bus error; empty if it is none
        std::string reason;                             // what the error says
        std::vector<std::string> strings;               // of its arguments, in variants too
        std::map<std::string, std::string> properties;  // of the a{sv} that Properties.GetAll answers with

        [[nodiscard]] bool is_error() const { return !error.empty(); }
        // Nobody answered: in time, or before the connection ended.
        [[nodiscard]] bool is_silence() const;
        // No program has the name that was called.
        [[nodiscard]] bool is_nobody() const;
    };
    using Handler = std::function<void(const Message&)>;

    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    // `lost` is called once the connection has ended, after the calls under way were answered by
    // is_silence(). Errors: errno of connect(2), EAGAIN among them: the other side does not accept fast
    // enough.
    static Result<std::unique_ptr<Bus>> connect(const Loop& loop, const std::string& socket, Kind kind,
                                                std::function<void()> lost);

    // `rule` as in the D-Bus specification, "Match Rules". Of the arguments it may name those only that no
    // other type than a string precedes: sd-bus looks no further.
    Result<> on_signal(const std::string& rule, Handler handler);

    // Answered within sd-bus's timeout (25 s). Starts no program to answer. Errors: ENOTCONN when the
    // connection has ended and `lost` is on the way.
    Result<> call(const Call& wanted, Handler handler);

    // `prefix`/`label` with the label escaped, as systemd makes the path of a unit of the unit's name.
    static std::string object_path(const std::string& prefix, const std::string& label);

  private:
    struct Unref {
        void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
        void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
        void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
    };
    struct Callback {
        Bus* bus;
        Handler handler;
        std::unique_ptr<sd_bus_slot, Unref> slot;
    };

    Bus(sd_bus* bus, sd_event* event) : bus_(bus), event_(event) {}

    static int on_match(sd_bus_message* message, void* userdata, sd_bus_error* error) noexcept;
    static int on_answer(sd_bus_message* message, void* userdata, sd_bus_error* error) noexcept;

    std::unique_ptr<sd_bus, Unref> bus_;
    sd_event* event_;
    std::list<Callback> matches_, calls_;  // a list: sd-bus holds the addresses. Destroyed before the bus.
};

}  // namespace rs
