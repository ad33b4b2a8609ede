#include "supervisor/snapshot.hpp"

#include <unistd.h>

#include <ctime>
#include <format>
#include <utility>

#include "supervisor/base/user.hpp"
#include "supervisor/control/confinement.hpp"
#include "supervisor/control/listener.hpp"
#include "supervisor/notify/sender.hpp"

namespace rs {
namespace {

using control::Time;

std::string shown_user_namespace(const NamespaceId& user) {
    return std::format("user:[{}]", user.inode);
}

std::string text_of(Cause cause) {
    switch (cause) {
        case Cause::start:
            return "start";
        case Cause::crash:
            return "crash";
        case Cause::network:
            return "network";
        case Cause::unhealthy:
            return "unhealthy";
        case Cause::request:
            return "request";
        case Cause::reload:
            return "reload";
    }
    std::unreachable();
}

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

std::optional<bool> health_of(const Child& child) {
    if (!child.prober || child.prober->state() == Health::unknown) return std::nullopt;
    return child.prober->state() == Health::healthy;
}

const Child* child_of(const View& view, const std::optional<Slot>& slot) {
    const auto found = slot ? view.children.find(slot->id) : view.children.end();
    return found == view.children.end() ? nullptr : &found->second;
}

control::Proxy describe(const Child& child, std::string role, const std::string& status_text) {
    return {.role = std::move(role),
            .pid = child.proxy->pid(),
            .started = child.started,
            .ready = child.ready,
            .cause = text_of(child.cause),
            .network_namespace = shown(child.network->namespaces.net_id),
            .status_text = unless_empty(status_text),
            .healthy = health_of(child)};
}

std::vector<control::Proxy> proxies(const View& view) {
    std::vector<control::Proxy> all;
    const auto& machine = view.machine;
    if (const auto* child = child_of(view, machine.serving))
        all.push_back(describe(*child, "serving", machine.serving->status));
    if (const auto* child = child_of(view, machine.starting))
        all.push_back(describe(*child, "starting", machine.starting->status));
    for (const auto& draining : machine.draining) {
        if (const auto* child = child_of(view, draining.slot))
            all.push_back(describe(*child, "draining", draining.slot.status));
    }
    return all;
}

// As a proxy gets them. What waits at an address counts in whichever lane it does.
std::vector<control::Socket> sockets(const Lanes& lanes) {
    std::vector<control::Socket> all;
    const auto steered = lanes.sockets(lanes.steered());
    for (const auto& [fd, name] : steered) {
        const int number = kFirstPassedFd + static_cast<int>(all.size());
        all.push_back(control::describe_listener(fd, number, std::string{name}));
    }
    for (int lane = 0; lane < lanes.count(); ++lane) {
        const auto others = lanes.sockets(lane);
        for (std::size_t i = 0; i < all.size() && i < others.size(); ++i) {
            if (others[i].fd == steered[i].fd || !all[i].queue) continue;
            *all[i].queue += control::describe_listener(others[i].fd, 0, "").queue.value_or(0);
        }
    }
    return all;
}

std::string probe_text(const HealthConfig& config) {
    if (!config.http.empty()) return "http " + config.http;
    return config.tcp.empty() ? "command " + config.command.front() : "tcp " + config.tcp;
}

std::optional<control::Health> health(const View& view) {
    const auto& config = view.config.health;
    if (!config.enabled()) return std::nullopt;
    control::Health health{.probe = probe_text(config),
                           .healthy = {},
                           .failures = 0,
                           .retries = config.retries,
                           .last_text = {}};
    const auto* serving = child_of(view, view.machine.serving);
    const auto* child = serving != nullptr ? serving : child_of(view, view.machine.starting);
    if (child == nullptr) return health;
    if (child == serving) health.healthy = health_of(*child);
    if (child->prober) health.failures = child->prober->failures();
    health.last_text = unless_empty(child->last_failure);
    return health;
}

control::Watchdog watchdog(const View& view) {
    control::Watchdog watchdog;
    if (const auto interval = watchdog_interval(); interval.count() > 0) watchdog.systemd = interval;
    if (view.config.proxy.watchdog.count() > 0) watchdog.proxy = view.config.proxy.watchdog;
    if (const auto* child = child_of(view, view.machine.serving)) watchdog.last_ping = child->last_ping;
    return watchdog;
}

std::optional<control::Policy> confinement(const View& view) {
    const auto* serving = child_of(view, view.machine.serving);
    const auto* child = serving != nullptr ? serving : child_of(view, view.machine.starting);
    if (child == nullptr) return std::nullopt;
    auto policy = control::confinement_of(child->proxy->pid());
    if (!policy) return std::nullopt;
    policy->profile = child->profile;
    policy->landlock = child->landlock;
    policy->refused = child->refusals.total();
    return policy;
}

void add_network(control::Status& status, const View& view) {
    if (view.machine.network == 0 || view.network == nullptr) return;
    const auto& namespaces = view.network->namespaces;
    status.namespaces = {.pause_pid = namespaces.pause.pid(),
                         .user = shown_user_namespace(namespaces.user_id),
                         .network = shown(namespaces.net_id)};
    if (!view.network->names) return;
    const auto& [chosen, others] = *view.network->names;
    status.names = {.address = chosen.address, .network = chosen.network, .others = others};
}

}  // namespace

Loaded Loaded::now(const std::string& file) {
    return {.file = file, .when = std::chrono::system_clock::now(), .stamp = stamp_of(file)};
}

control::Status snapshot(const View& view) {
    const Machine& machine = view.machine;
    control::Status status;
    status.name = view.name;
    status.version = RS_VERSION;
    status.state = to_string(machine.state);
    status.since = view.journal.since();
    status.until = view.until;
    status.why = unless_empty(machine.why);
    status.status_text = view.status_line;
    status.supervisor_pid = ::getpid();
    status.started = view.journal.started();
    status.user = user_name();
    status.config_file = view.loaded.file;
    status.config_loaded = view.loaded.when;
    status.config_changed = view.loaded.changed();
    if (machine.state == State::waiting)
        status.waiting_for = needs(view.parts.paths, view.config.podman, view.units);
    status.proxies = proxies(view);
    status.launches = view.journal.launches();
    status.failures = machine.failures;
    status.restart_limit = machine.settings.restart_limit;
    add_network(status, view);
    status.sockets = sockets(view.parts.lanes);
    status.health = health(view);
    status.watchdog = watchdog(view);
    status.policy = confinement(view);
    status.events = view.journal.events();
    status.probe_failures = view.journal.probe_failures();
    status.refused = view.journal.refusals();
    return status;
}

std::string clock_text(Time time, Time now) {
    const auto local = [](Time point) {
        const std::time_t seconds = std::chrono::system_clock::to_time_t(point);
        std::tm broken{};
        ::localtime_r(&seconds, &broken);
        return broken;
    };
    const std::tm then = local(time);
    const std::tm today = local(now);
    std::string text = std::format("{:02}:{:02}:{:02}", then.tm_hour, then.tm_min, then.tm_sec);
    if (then.tm_yday == today.tm_yday && then.tm_year == today.tm_year) return text;
    return std::format("{}-{:02}-{:02} {}", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday, text);
}

}  // namespace rs
