// What a launch needs and what else has to be so, looked at now.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <utility>

#include "supervisor/base/user.hpp"
#include "supervisor/config/parse.hpp"
#include "supervisor/notify/sender.hpp"
#include "supervisor/snapshot.hpp"

namespace rs {
namespace {

using control::Check;
using control::Item;

Item met(std::string what, std::string evidence) {
    return {.what = std::move(what), .met = true, .detail = std::move(evidence)};
}

Item unmet(std::string what, const Missing& missing) {
    return {.what = std::move(what), .met = false, .detail = missing.text()};
}

Item behind(std::string what, std::string_view before) {
    return {.what = std::move(what), .met = false, .detail = std::format("not known without the {}", before)};
}

void add_units(std::vector<Item>& items, const UserUnits& units) {
    const auto all = units.state();
    for (const auto& unit : units.items()) {
        const std::string what = "unit " + unit.name;
        if (unit.load.empty()) {
            // The manager did not answer (yet); state() says why.
            items.push_back(
                {.what = what, .met = false, .detail = all ? "not known yet" : all.error().reason});
            continue;
        }
        const std::string problem = problem_of(unit);
        items.push_back(
            {.what = what,
             .met = problem.empty(),
             .detail = problem.empty() ? std::format("is {} ({})", unit.active, unit.sub) : problem});
    }
}

void add_names(std::vector<Item>& items, const PodmanPaths& paths, const PodmanConfig& config, pid_t pause) {
    if (!config.dns) return;
    const std::string what = "name server";
    const auto names =
        choose_name_server(std::format("/proc/{}/root{}", pause, paths.aardvark_dir()), config.network);
    if (!names) return items.push_back(unmet(what, names.error()));
    items.push_back(met(what, std::format("{} (network {})", names->chosen.address, names->chosen.network)));
}

Check check_of(const Item& item, std::string_view user) {
    Check check{
        .what = item.what, .passed = item.met, .evidence = item.detail.value_or("not known"), .remedy = {}};
    if (item.met) return check;
    if (item.what.starts_with("unit ")) {
        check.remedy = std::format("systemctl --user --machine={}@ start {}", user,
                                   item.what.substr(sizeof "unit " - 1));
    } else if (item.what == "pause process") {
        check.remedy =
            std::format("loginctl enable-linger {}; then start a container as user {}", user, user);
    } else {
        check.remedy = std::format("start a container of user {} on a bridge network", user);
    }
    return check;
}

bool same_file(const std::string& a, const std::string& b) {
    struct stat left{};
    struct stat right{};
    return ::stat(a.c_str(), &left) == 0 && ::stat(b.c_str(), &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

Check config_check(const View& view) {
    const auto loaded = load_config(view.loaded.file);
    if (!loaded) {
        return {.what = "configuration",
                .passed = false,
                .evidence = loaded.error().text(),
                .remedy = std::format("correct it, then: rootless-supervisor check {}", view.name)};
    }
    if (!view.loaded.changed()) {
        return {.what = "configuration",
                .passed = true,
                .evidence = std::format("{} is valid and holds", view.loaded.file),
                .remedy = {}};
    }
    return {.what = "configuration",
            .passed = false,
            .evidence = std::format("{} is valid but has changed since it was read", view.loaded.file),
            .remedy = std::format("systemctl reload {}", view.name)};
}

Check runtime_check(const View& view) {
    const Place& place = view.parts.paths.runtime_dir;
    struct stat status{};
    if (::stat(place.reached.c_str(), &status) == 0) {
        return {.what = "runtime directory",
                .passed = true,
                .evidence = std::format("{} is there", place.shown),
                .remedy = {}};
    }
    const int code = errno;
    const bool hidden = !view.parts.user_runtime;
    return {.what = "runtime directory",
            .passed = false,
            .evidence = std::format("{}: {}", place.shown, reason_of(code)),
            .remedy = hidden ? std::format("loginctl enable-linger {}; with ProtectHome=yes in the unit also "
                                           "OpenFile=/run/user:user-runtime:read-only",
                                           user_name())
                             : std::format("loginctl enable-linger {}", user_name())};
}

Check sockets_check(const View& view) {
    const auto sockets = view.parts.lanes.sockets(view.parts.lanes.steered());
    if (!sockets.empty()) {
        return {.what = "sockets",
                .passed = true,
                .evidence =
                    std::format("systemd passed {}, the first from {}; each proxy has {}", sockets.size(),
                                sockets.front().name, view.parts.lanes.count() > 1 ? "its own" : "the same"),
                .remedy = {}};
    }
    return {.what = "sockets",
            .passed = std::nullopt,
            .evidence = "systemd passed none; the proxy is reached from inside Podman's network only",
            .remedy = std::format("Requires= and After={0}.socket in {0}.service", view.name)};
}

Check proxy_check(const View& view) {
    const Machine& machine = view.machine;
    Check check{
        .what = "proxy", .passed = machine.serving.has_value(), .evidence = view.status_line, .remedy = {}};
    if (machine.held) {
        check.remedy = std::format("supervisorctl start {}", view.name);
    } else if (!machine.serving) {
        check.remedy = std::format("journalctl --unit={} --lines=50", view.name);
    } else if (view.network == nullptr || machine.serving->network != machine.network) {
        check.passed = false;
    }
    return check;
}

Check health_check(const View& view, const control::Status& status) {
    const auto& health = status.health;
    if (!health) {
        return {.what = "health checks",
                .passed = std::nullopt,
                .evidence = "none are configured: a proxy that hangs is not noticed",
                .remedy = std::format("[health] in {}", view.loaded.file)};
    }
    return {
        .what = "health checks",
        .passed = health->healthy,
        .evidence = std::format("{}: {} of {} failures{}", health->probe, health->failures, health->retries,
                                health->last_text ? "; the last: " + *health->last_text : ""),
        .remedy = {}};
}

Check names_check(const View& view) {
    if (!view.config.podman.dns) {
        return {.what = "container names",
                .passed = std::nullopt,
                .evidence = "dns = false: the proxy asks the host's name servers",
                .remedy = {}};
    }
    if (!same_file(view.parts.directory + "/resolv.conf", "/etc/resolv.conf")) {
        return {.what = "container names",
                .passed = std::nullopt,
                .evidence = "the unit does not bind resolv.conf; each proxy gets a mount namespace for it",
                .remedy = "ExecStartPre= and BindReadOnlyPaths= as in the shipped caddy.service"};
    }
    Check check{
        .what = "container names",
        .passed = true,
        .evidence = std::format("{}/resolv.conf is bound over /etc/resolv.conf", view.parts.directory),
        .remedy = {}};
    if (view.network != nullptr && view.network->names && !view.network->names->others.empty()) {
        check.passed = std::nullopt;
        check.evidence = std::format("only names of network {} resolve", view.network->names->chosen.network);
        check.remedy = std::format("network = in [podman] of {} chooses another one", view.loaded.file);
    }
    return check;
}

Check watchdog_check() {
    const auto interval = watchdog_interval();
    if (interval.count() == 0) {
        return {.what = "systemd watchdog",
                .passed = std::nullopt,
                .evidence = "off: systemd does not notice a supervisor that hangs",
                .remedy = "WatchdogSec=30s in the unit"};
    }
    return {.what = "systemd watchdog",
            .passed = true,
            .evidence = std::format("WATCHDOG=1 within {} s",
                                    std::chrono::duration_cast<std::chrono::seconds>(interval).count()),
            .remedy = {}};
}

}  // namespace

std::vector<Item> needs(const PodmanPaths& paths, const PodmanConfig& config, const UserUnits& units) {
    std::vector<Item> items;
    add_units(items, units);
    const auto pid = read_pause_pid(paths.pause_pid());
    const auto pause = pid ? Process::open(*pid) : Result<Process>{Process{}};
    if (!pid || !pause) {
        items.push_back(pid ? Item{.what = "pause process",
                                   .met = false,
                                   .detail = std::format("process {} has ended", *pid)}
                            : unmet("pause process", pid.error()));
        items.push_back(behind("network namespace", "pause process"));
        if (config.dns) items.push_back(behind("name server", "pause process"));
        return items;
    }
    items.push_back(met("pause process", std::format("process {}", *pid)));
    if (const auto namespaces = discover(paths)) {
        items.push_back(met("network namespace", shown(namespaces->net_id)));
    } else {
        items.push_back(unmet("network namespace", namespaces.error()));
    }
    add_names(items, paths, config, *pid);
    return items;
}

std::vector<Check> examine(const View& view) {
    std::vector<Check> checks{config_check(view), runtime_check(view)};
    const std::string user = user_name();
    for (const auto& item : needs(view.parts.paths, view.config.podman, view.units))
        checks.push_back(check_of(item, user));
    checks.push_back(names_check(view));
    checks.push_back(sockets_check(view));
    checks.push_back(proxy_check(view));
    checks.push_back(health_check(view, snapshot(view)));
    checks.push_back(watchdog_check());
    return checks;
}

}  // namespace rs
