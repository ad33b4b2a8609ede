// What a supervisor answers to GetStatus and Explain, as plain data: the types of the same names in
// io.rootless.Supervisor (supervisor/control/), which documents each field.
//
// Times are CLOCK_REALTIME in microseconds, as in the interface. What is a word to show only (a cause, a
// role) stays a word, so that a newer supervisor may have more of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rs::ctl {

using Micros = std::chrono::microseconds;
using Time = std::chrono::sys_time<Micros>;

enum class State {
    waiting,
    starting,
    running,
    replacing,
    backoff,
    stopping,
    held,
    stopped,
    failed,
    unknown,  // a word that this program does not know
};

// Somebody serves: what exit status 0 stands for.
constexpr bool is_ready(State state) {
    return state == State::running || state == State::replacing;
}

struct Item {
    std::string what;
    bool met = false;
    std::optional<std::string> detail;
};

struct Proxy {
    std::string role;
    std::int64_t pid = 0;
    Time started;
    std::optional<Time> ready;
    std::string cause;
    std::string network_namespace;
    std::optional<std::string> status_text;
    std::optional<bool> healthy;
};

struct Socket {
    std::int64_t fd = 0;
    std::string name;
    std::string protocol;
    std::string address;
    std::optional<std::int64_t> queue;
    std::optional<std::int64_t> backlog;
};

struct Namespaces {
    std::int64_t pause_pid = 0;
    std::string user;
    std::string network;
};

struct Names {
    std::string address;
    std::string network;
    std::vector<std::string> others;
};

struct Health {
    std::string probe;
    std::optional<bool> healthy;
    std::int64_t failures = 0;
    std::int64_t retries = 0;
    std::optional<std::string> last_text;
};

struct Watchdog {
    std::optional<Micros> systemd;
    std::optional<Micros> proxy;
    std::optional<Time> last_ping;
};

struct Policy {
    std::string profile;
    bool no_new_privileges = false;
    std::vector<std::string> capabilities;
    std::int64_t seccomp_filters = 0;
    bool landlock = false;
};

struct Launches {
    std::int64_t start = 0;
    std::int64_t crash = 0;
    std::int64_t network = 0;
    std::int64_t unhealthy = 0;
    std::int64_t request = 0;
    std::int64_t reload = 0;
};

struct Event {
    Time time;
    std::string state;
    bool warning = false;
    std::string text;
};

struct Status {
    std::string name;
    std::string version;
    State state = State::unknown;
    Time since;
    std::optional<Time> until;
    std::optional<std::string> why;
    std::string status_text;
    std::int64_t supervisor_pid = 0;
    Time started;
    std::string user;
    std::string config_file;
    std::optional<Time> config_loaded;
    bool config_changed = false;
    std::vector<Item> waiting_for;
    std::vector<Proxy> proxies;
    Launches launches;
    std::int64_t failures = 0;
    std::int64_t restart_limit = 0;
    std::optional<Namespaces> namespaces;
    std::optional<Names> names;
    std::vector<Socket> sockets;
    std::optional<Health> health;
    Watchdog watchdog;
    std::optional<Policy> policy;
    std::vector<Event> events;  // the newest last
};

// One precondition, told by the supervisor (Explain) or found out by ourselves.
struct Check {
    std::string what;
    std::optional<bool> passed;  // nothing: it cannot be told
    std::string evidence;
    std::optional<std::string> remedy;  // a command
};

}  // namespace rs::ctl
