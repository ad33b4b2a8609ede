// What a user may configure, after parsing: typed, complete, with every default in place.
//
// Only `command` has no default. rootless-supervisor.toml(5) describes each key for users.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rs {

// How we learn that the proxy serves.
enum class Readiness {
    notify,  // it sends READY=1 (sd_notify(3)): Caddy, Traefik, HAProxy with -Ws
    exec,    // it cannot say: ready as soon as execve(2) has succeeded
};

struct ProxyConfig {
    std::vector<std::string> command;  // argv; command[0] is an absolute path
    Readiness ready = Readiness::notify;
    int stop_signal = SIGTERM;                        // asks for a graceful stop
    std::chrono::milliseconds start_timeout{60'000};  // from execve to ready; 0 = for ever
    std::chrono::milliseconds stop_timeout{10'000};   // from the stop signal to SIGKILL; 0 = for ever
    std::chrono::milliseconds drain_timeout{30'000};  // the same for a proxy whose successor serves already
    int restart_limit =
        5;  // failures in a row after which the service fails; a minute of serving starts anew
    int reload_signal = 0;  // how the proxy reloads its own configuration; 0: by a successor, like a restart
    std::chrono::milliseconds watchdog{0};  // the proxy sends WATCHDOG=1 at least this often; 0: it does not
    bool operator==(const ProxyConfig&) const = default;
};

struct PodmanConfig {
    std::string runtime_dir;  // the user's XDG_RUNTIME_DIR; empty = $XDG_RUNTIME_DIR, else /run/user/UID
    std::string runroot;      // `podman info -f '{{.Store.RunRoot}}'`; empty = RUNTIME_DIR/containers
    std::string network;  // whose aardvark-dns resolves names; empty = the only one, else the first by name
    bool dns = true;      // false: the proxy keeps the /etc/resolv.conf of the host
    std::vector<std::string> wait_for;             // units of the user's manager that must be active first
    bool start = false;                            // start them, instead of only waiting
    std::chrono::milliseconds timeout{1'800'000};  // for all that is waited for; 0 = for ever
    bool operator==(const PodmanConfig&) const = default;
};

// How to find out that the proxy serves. Names and defaults follow podman-run(1)'s --health-* where there is
// one.
struct HealthConfig {
    // Exactly one of these three, or none: no health checks.
    std::string http;  // URL; answered with `expect`, or with any status below 400 if that is 0
    std::string tcp;   // "ADDRESS:PORT" that must accept a connection
    std::vector<std::string> command;  // must exit with status 0

    std::string unix_socket;  // connect to this socket instead of the URL's host; with http only
    int expect = 0;
    bool inside = true;  // in Podman's network, where the proxy is; false: in the supervisor's own
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{3'000};
    std::chrono::milliseconds start_period{0};  // after the start, failures do not count for so long
    int retries = 3;                            // failures in a row that make a proxy unhealthy

    bool operator==(const HealthConfig&) const = default;
    [[nodiscard]] bool enabled() const { return !http.empty() || !tcp.empty() || !command.empty(); }
};

// How Landlock's rules are taken where the kernel knows fewer of them.
enum class LandlockMode {
    enforce,      // the service fails
    best_effort,  // it goes on with those that there are, and says so
    off,          // none
};

// What the proxy may do, on top of a profile. Lists that are not there leave it to the profile.
struct PolicyConfig {
    std::string profile;  // a name or an absolute path; empty: by the command's name, else "generic"
    std::vector<std::string> allow;  // system calls and @groups, all known
    std::vector<std::string> deny;   // the same, stronger than `allow`
    std::uint64_t capabilities = 0;  // bit mask, capabilities(7); kept in Podman's user namespace
    LandlockMode landlock = LandlockMode::best_effort;
    // Absolute paths, which may begin with ${VARIABLE}.
    std::optional<std::vector<std::string>> read, write, execute;
    std::optional<std::vector<std::uint16_t>> tcp_bind, tcp_connect;
    bool operator==(const PolicyConfig&) const = default;
};

struct Config {
    ProxyConfig proxy;
    PodmanConfig podman;
    HealthConfig health;
    PolicyConfig policy;
};

}  // namespace rs
