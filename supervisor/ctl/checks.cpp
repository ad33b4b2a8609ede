#include "supervisor/ctl/checks.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <format>
#include <ranges>

namespace rs::ctl::checks {
namespace {

constexpr std::uint64_t kFirstRange = 524'288;
constexpr std::uint64_t kRange = 65'536;

Check passed(std::string what, std::string evidence) {
    return {std::move(what), true, std::move(evidence), std::nullopt};
}

Check failed(std::string what, std::string evidence, std::string remedy) {
    return {std::move(what), false, std::move(evidence), std::move(remedy)};
}

Check open(std::string what, std::string evidence) {
    return {std::move(what), std::nullopt, std::move(evidence), std::nullopt};
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

struct Range {
    std::string_view owner;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

// The lines of subuid(5): "owner:first:count".
std::vector<Range> ranges_in(std::string_view text) {
    std::vector<Range> ranges;
    for (const auto& line : std::views::split(text, '\n')) {
        const std::string_view row{line.begin(), line.end()};
        const std::size_t one = row.find(':');
        const std::size_t two =
            one == std::string_view::npos ? std::string_view::npos : row.find(':', one + 1);
        if (two == std::string_view::npos) continue;
        const auto first = number(row.substr(one + 1, two - one - 1));
        const auto count = number(row.substr(two + 1));
        if (first && count) ranges.push_back({row.substr(0, one), *first, *count});
    }
    return ranges;
}

bool has_range(std::string_view text, const std::string& user, unsigned uid) {
    const std::string id = std::to_string(uid);
    return std::ranges::any_of(ranges_in(text), [&](const Range& range) {
        return (range.owner == user || range.owner == id) && range.count > 0;
    });
}

std::string edit(const std::string& name, std::string_view setting) {
    return std::format("systemctl edit {}.service, with {} in [Service]", name, setting);
}

bool is_below(const std::string& path, const std::string& directory) {
    return path == directory || path.starts_with(directory + "/");
}

}  // namespace

Check configuration(const Configured& configured) {
    const std::string what = "configuration file";
    if (configured.wrong.empty()) return passed(what, std::format("{} is right", configured.file));
    return failed(what, configured.wrong, std::format("edit {}", configured.file));
}

Check service(const std::string& name, const UnitFacts& unit, const ServiceFacts& service) {
    const std::string what = std::format("unit {}.service", name);
    if (unit.load == "not-found") {
        return failed(
            what, "there is no such unit",
            std::format("install it in /etc/systemd/system, then systemctl enable --now {}.service", name));
    }
    if (unit.load != "loaded") {
        return failed(what, std::format("it is {}", unit.load),
                      std::format("systemctl status {}.service", name));
    }
    if (unit.needs_daemon_reload) {
        return failed(what, "its file is another one since systemd has read it",
                      std::format("systemctl daemon-reload && systemctl restart {}.service", name));
    }
    const std::string state = std::format("{} ({})", unit.active, unit.sub);
    if (unit.active == "active" || unit.active == "activating" || unit.active == "reloading")
        return passed(what, state);
    if (unit.active == "failed") {
        return failed(what, std::format("{}: {}, exit status {}", state, service.result, service.exit_status),
                      std::format("supervisorctl logs {}, then systemctl restart {}.service", name, name));
    }
    return failed(what, state, std::format("systemctl enable --now {}.service", name));
}

Check socket(const std::string& unit, const UnitFacts& facts) {
    const std::string what = std::format("unit {}", unit);
    const std::string state = std::format("{} ({})", facts.active, facts.sub);
    if (facts.active == "active") return passed(what, state);
    return failed(what, std::format("{}: clients are refused", state),
                  std::format("systemctl enable --now {}", unit));
}

std::vector<Check> settings(const std::string& name, const ServiceFacts& service,
                            const std::string& runtime_dir) {
    std::vector<Check> wrong;
    const auto find = [&wrong](std::string setting, std::string evidence, std::string remedy) {
        wrong.push_back(failed(std::move(setting), std::move(evidence), std::move(remedy)));
    };
    if (service.type != "notify" && service.type != "notify-reload") {
        find("Type=", std::format("Type={}: systemd does not wait until the proxy serves", service.type),
             edit(name, "Type=notify-reload"));
    }
    if (service.user.empty() || service.user == "root") {
        find("User=", "the service runs as root, whose Podman is not rootless",
             edit(name, "User= the user whose containers run"));
    }
    const bool hidden = (service.protect_home == "yes" || service.protect_home == "tmpfs") &&
                        (is_below(runtime_dir, "/run/user") || is_below(runtime_dir, "/home"));
    const bool has_door = std::ranges::any_of(
        service.open_files, [&](const std::string& path) { return is_below(runtime_dir, path); });
    if (hidden && !has_door) {
        find("ProtectHome=",
             std::format("ProtectHome={} hides {} from the supervisor", service.protect_home, runtime_dir),
             edit(name, "OpenFile=/run/user:user-runtime:read-only"));
    }
    if (service.private_users) {
        find("PrivateUsers=", "Podman's user namespace cannot be entered from another one",
             edit(name, "PrivateUsers=no"));
    }
    constexpr std::uint64_t kNeeded = CLONE_NEWUSER | CLONE_NEWNET;
    if ((service.restrict_namespaces & kNeeded) != kNeeded) {
        find("RestrictNamespaces=", "user and network namespaces may not be entered",
             edit(name, "RestrictNamespaces=user net"));
    }
    if (wrong.empty()) wrong.push_back(passed("settings of the unit", "none is in the way"));
    return wrong;
}

Check lingering(const std::string& user, bool lingers) {
    const std::string what = std::format("lingering of user {}", user);
    if (lingers) return passed(what, "on: containers run without a login");
    return failed(what, "off: containers end with the last login and do not start at boot",
                  std::format("loginctl enable-linger {}", user));
}

std::uint64_t free_range(std::string_view text) {
    std::uint64_t first = kFirstRange;
    for (const Range& range : ranges_in(text)) {
        if (range.count == 0 || range.count > UINT32_MAX || range.first > UINT32_MAX) continue;
        const std::uint64_t end = range.first + range.count;
        if (end > first) first = kFirstRange + (end - kFirstRange + kRange - 1) / kRange * kRange;
    }
    return first;
}

Check subordinate_ids(const std::string& user, unsigned uid, std::string_view subuid, std::string_view subgid,
                      bool elsewhere) {
    const std::string what = std::format("subordinate ids of user {}", user);
    const bool uids = has_range(subuid, user, uid);
    const bool gids = has_range(subgid, user, uid);
    if (uids && gids) return passed(what, "in /etc/subuid and /etc/subgid");
    std::string file = "/etc/subuid and /etc/subgid";
    if (uids) file = "/etc/subgid";
    if (gids) file = "/etc/subuid";
    if (elsewhere) return open(what, std::format("none in {}; nsswitch.conf has another source", file));
    const std::string both = std::format("{}\n{}", subuid, subgid);
    const std::uint64_t first = free_range(both);
    std::string options;
    if (!uids) options += std::format("--add-subuids {}-{} ", first, first + kRange - 1);
    if (!gids) options += std::format("--add-subgids {}-{} ", first, first + kRange - 1);
    return failed(what, std::format("none in {}: rootless Podman cannot map the users of an image", file),
                  std::format("usermod {}{}, then podman system migrate as {}", options, user, user));
}

Check user_manager(const std::string& user, unsigned uid, const UnitFacts& unit) {
    const std::string what = std::format("systemd of user {}", user);
    const std::string evidence = std::format("user@{}.service is {} ({})", uid, unit.active, unit.sub);
    if (unit.active == "active") return passed(what, evidence);
    return failed(what, evidence, std::format("systemctl start user@{}.service", uid));
}

Check wait_for(const std::string& user, const std::string& unit, const UnitFacts& facts) {
    const std::string what = std::format("unit {} of user {}", unit, user);
    const std::string there = std::format("systemctl --user --machine={}@", user);
    if (facts.load == "not-found") {
        return failed(what, "there is no such unit",
                      std::format("{} daemon-reload, once its file or quadlet is there", there));
    }
    const std::string state = std::format("{} ({})", facts.active, facts.sub);
    if (facts.active == "active") return passed(what, state);
    if (facts.active == "failed")
        return failed(what, state, std::format("{} status {}, then {} restart {}", there, unit, there, unit));
    return failed(what, state, std::format("{} start {}", there, unit));
}

Check caddy_version(const std::string& program, std::string_view printed) {
    const std::string what = "version of Caddy";
    std::string_view version = printed.substr(0, printed.find_first_of(" \n"));
    if (version.starts_with('v')) version.remove_prefix(1);
    const std::size_t dot = version.find('.');
    const std::size_t end = dot == std::string_view::npos ? std::string_view::npos
                                                          : version.find_first_not_of("0123456789", dot + 1);
    const auto major = number(version.substr(0, dot));
    const auto minor =
        dot == std::string_view::npos ? std::nullopt : number(version.substr(dot + 1, end - dot - 1));
    if (!major || !minor) return open(what, std::format("{} version prints '{}'", program, version));
    if (*major > 2 || (*major == 2 && *minor >= 9)) return passed(what, std::format("{} knows fd/", version));
    return failed(what, std::format("{} does not know the sockets of systemd as fd/3 …", version),
                  std::format("install Caddy 2.9 or later as {}", program));
}

Check name_service(const Configured& configured, const std::vector<std::string>& networks) {
    const std::string what = "names of containers";
    if (!configured.dns) return passed(what, "not wanted: podman.dns is false");
    if (networks.empty()) {
        return failed(what, "no container runs on a network with a name service",
                      "start a container on a network that was created without --disable-dns");
    }
    if (configured.network.empty() || std::ranges::contains(networks, configured.network))
        return passed(what, std::format("networks with a name service: {}", joined(networks)));
    return failed(what,
                  std::format("network {} has no name service now; these have: {}", configured.network,
                              joined(networks)),
                  std::format("start a container on {}, or name one of these as podman.network in {}",
                              configured.network, configured.file));
}

Check sockets_passed(const Status& status, bool has_socket_unit) {
    const std::string what = "sockets";
    if (!status.sockets.empty()) return passed(what, std::format("systemd passed {}", status.sockets.size()));
    if (!has_socket_unit) return open(what, "systemd passed none, and no socket unit is for this service");
    return failed(what, "systemd passed none",
                  std::format("systemctl stop {}.service && systemctl start {}.socket {}.service",
                              status.name, status.name, status.name));
}

Check configuration_taken(const Status& status) {
    const std::string what = "configuration taken";
    if (!status.config_changed) return passed(what, std::format("{} is as it was read", status.config_file));
    return failed(what, std::format("{} is another one since it was read", status.config_file),
                  std::format("supervisorctl reload {}", status.name));
}

}  // namespace rs::ctl::checks
