// What a user may configure, after parsing: typed, complete, with every default in place.
//
// Only `command` has no default. rootless-supervisor.toml(5) describes each key for users.
#pragma once

#include <chrono>
#include <csignal>
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
};

struct PodmanConfig {
    std::string runtime_dir;  // the user's XDG_RUNTIME_DIR; empty = $XDG_RUNTIME_DIR, else /run/user/UID
    std::string runroot;      // `podman info -f '{{.Store.RunRoot}}'`; empty = RUNTIME_DIR/containers
    std::string network;  // whose aardvark-dns resolves names; empty = the only one, else the first by name
    bool dns = true;      // false: the proxy keeps the /etc/resolv.conf of the host
};

struct Config {
    ProxyConfig proxy;
    PodmanConfig podman;
};

}  // namespace rs
