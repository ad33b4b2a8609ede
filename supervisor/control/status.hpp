// What the control socket tells, as plain data: the C++ side of interface.c, field by field, where the
// meaning of each stands. Made by supervisor/snapshot.cpp, turned into JSON by json.cpp and into text by
// metrics.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rs::control {

using Time = std::chrono::system_clock::time_point;

// The values of `type State`, as to_string(rs::State) has them.
inline constexpr std::array<std::string_view, 9> kStates{
    "waiting", "starting", "running", "replacing", "backoff", "stopping", "held", "stopped", "failed"};

struct Item {
    std::string what;
    bool met = false;
    std::optional<std::string> detail;
};

struct Proxy {
    std::string role;
    int pid = 0;
    Time started;
    std::optional<Time> ready;
    std::string cause;
    std::string network_namespace;
    std::optional<std::string> status_text;
    std::optional<bool> healthy;
};

struct Socket {
    int fd = 0;
    std::string name;
    std::string protocol;
    std::string address;
    std::optional<int> queue;
    std::optional<int> backlog;
};

struct Namespaces {
    int pause_pid = 0;
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
    int failures = 0;
    int retries = 0;
    std::optional<std::string> last_text;
};

struct Watchdog {
    std::optional<std::chrono::microseconds> systemd;
    std::optional<std::chrono::microseconds> proxy;
    std::optional<Time> last_ping;
};

struct Policy {
    std::string profile;
    bool no_new_privileges = false;
    std::vector<std::string> capabilities;
    int seccomp_filters = 0;
    bool landlock = false;
    std::int64_t refused = 0;
};

struct Launches {
    int start = 0, crash = 0, network = 0, unhealthy = 0, request = 0, reload = 0;
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
    std::string state;
    Time since;
    std::optional<Time> until;
    std::optional<std::string> why;
    std::string status_text;
    int supervisor_pid = 0;
    Time started;
    std::string user;
    std::string config_file;
    Time config_loaded;
    bool config_changed = false;
    std::vector<Item> waiting_for;
    std::vector<Proxy> proxies;
    Launches launches;
    int failures = 0;
    int restart_limit = 0;
    std::optional<Namespaces> namespaces;
    std::optional<Names> names;
    std::vector<Socket> sockets;
    std::optional<Health> health;
    Watchdog watchdog;
    std::optional<Policy> policy;
    std::vector<Event> events;
    // For GetMetrics alone: failed probes since the supervisor was started.
    std::int64_t probe_failures = 0;
    // Likewise: refused system calls, of all proxies.
    std::int64_t refused = 0;
};

struct ConfigText {
    std::string file;
    std::string config;
    Time loaded;
    bool changed_on_disk = false;
};

struct Check {
    std::string what;
    std::optional<bool> passed;
    std::string evidence;
    std::optional<std::string> remedy;
};

}  // namespace rs::control
