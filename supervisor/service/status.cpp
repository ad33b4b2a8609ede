// The machine in words.
#include <algorithm>
#include <format>
#include <utility>

#include "supervisor/service/machine.hpp"

namespace rs {

std::string_view to_string(State state) {
    switch (state) {
        case State::waiting:
            return "waiting";
        case State::starting:
            return "starting";
        case State::running:
            return "running";
        case State::replacing:
            return "replacing";
        case State::backoff:
            return "backoff";
        case State::stopping:
            return "stopping";
        case State::held:
            return "held";
        case State::stopped:
            return "stopped";
        case State::failed:
            return "failed";
    }
    std::unreachable();
}

std::string Machine::status_text() const {
    const auto with = [](std::string_view head, const std::string& tail) {
        return tail.empty() ? std::string{head} : std::format("{}: {}", head, tail);
    };
    switch (state) {
        case State::waiting:
            return with("Waiting for Podman", missing);
        case State::starting:
            return with("Starting the proxy",
                        starting->trouble.empty() ? starting->status : starting->trouble);
        case State::running:
            return missing.empty() ? with("Proxy ready", serving->status)
                                   : with("Proxy ready, but not its network", missing);
        case State::replacing:
            return with("Replacing the proxy", why);
        case State::backoff:
            return with("Pausing before the next start", why);
        case State::stopping:
            return with("Stopping the proxy", why);
        case State::held:
            return draining.empty() ? "Proxy stopped on request; its sockets stay open"
                                    : "Stopping the proxy on request; its sockets stay open";
        case State::stopped:
            return "Stopped";
        case State::failed:
            return with("Failed", why);
    }
    std::unreachable();
}

bool Machine::recoverable() const {
    return wish != Wish::needed || failures <= settings.restart_limit;
}

bool Machine::drains(ProxyId proxy) const {
    return std::ranges::contains(draining, proxy, [](const Draining& each) { return each.slot.id; });
}

}  // namespace rs
