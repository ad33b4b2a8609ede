#include "supervisor/config/describe.hpp"

#include <cstring>
#include <format>
#include <ranges>

#include "policy/names.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;

std::string text(const std::string& value) {
    // TOML, basic strings: these and control characters are escaped.
    std::string all = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') all += '\\';
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
            all += std::format("\\u{:04X}", static_cast<unsigned char>(c));
        } else {
            all += c;
        }
    }
    return all + '"';
}

// For what is not set, in words that are no TOML.
constexpr const char* kNone = "none";
constexpr const char* kOfProfile = "the profile's";

std::string text(bool value) {
    return value ? "true" : "false";
}

std::string text(int value) {
    return std::to_string(value);
}

// Where 0 is nothing but 0.
std::string span(milliseconds value) {
    return value.count() % 1000 == 0 ? std::format("\"{}s\"", value.count() / 1000)
                                     : std::format("\"{}ms\"", value.count());
}

std::string text(milliseconds value) {
    return value.count() == 0 ? "\"infinity\"" : span(value);
}

std::string text(const std::vector<std::string>& values) {
    std::string all;
    for (const auto& value : values)
        all += (all.empty() ? "" : ", ") + text(value);
    return "[" + all + "]";
}

std::string text(Readiness value) {
    switch (value) {
        case Readiness::notify:
            return "\"notify\"";
        case Readiness::exec:
            return "\"exec\"";
    }
    return {};
}

std::string text(LandlockMode value) {
    switch (value) {
        case LandlockMode::enforce:
            return "\"enforce\"";
        case LandlockMode::best_effort:
            return "\"best-effort\"";
        case LandlockMode::off:
            return "\"off\"";
    }
    return {};
}

std::string text(const std::vector<std::uint16_t>& ports) {
    std::string all;
    for (const auto port : ports)
        all += std::format("{}{}", all.empty() ? "" : ", ", port);
    return "[" + all + "]";
}

template <class List>
std::string text(const std::optional<List>& list) {
    return list ? text(*list) : kOfProfile;
}

std::string capabilities(std::uint64_t set) {
    std::vector<std::string> names;
    for (const auto name : policy::capability_names(set))
        names.emplace_back(name);
    return text(names);
}

std::string signal(int number) {
    return number == 0 ? kNone : std::format("\"SIG{}\"", ::sigabbrev_np(number));
}

}  // namespace

Entries entries(const Config& config) {
    const auto& [proxy, podman, health, policy] = config;
    return {
        {"proxy.command", text(proxy.command)},
        {"proxy.ready", text(proxy.ready)},
        {"proxy.stop_signal", signal(proxy.stop_signal)},
        {"proxy.start_timeout", text(proxy.start_timeout)},
        {"proxy.stop_timeout", text(proxy.stop_timeout)},
        {"proxy.drain_timeout", text(proxy.drain_timeout)},
        {"proxy.restart_limit", text(proxy.restart_limit)},
        {"proxy.reload_signal", signal(proxy.reload_signal)},
        {"proxy.watchdog", span(proxy.watchdog)},
        {"podman.runtime_dir", text(podman.runtime_dir)},
        {"podman.runroot", text(podman.runroot)},
        {"podman.network", text(podman.network)},
        {"podman.dns", text(podman.dns)},
        {"podman.wait_for", text(podman.wait_for)},
        {"podman.start", text(podman.start)},
        {"podman.timeout", text(podman.timeout)},
        {"health.http", text(health.http)},
        {"health.tcp", text(health.tcp)},
        {"health.command", text(health.command)},
        {"health.unix_socket", text(health.unix_socket)},
        {"health.expect", health.expect == 0 ? kNone : text(health.expect)},
        {"health.inside", text(health.inside)},
        {"health.interval", text(health.interval)},
        {"health.timeout", text(health.timeout)},
        {"health.start_period", span(health.start_period)},
        {"health.retries", text(health.retries)},
        {"policy.profile", text(policy.profile)},
        {"policy.allow", text(policy.allow)},
        {"policy.deny", text(policy.deny)},
        {"policy.capabilities", capabilities(policy.capabilities)},
        {"policy.landlock", text(policy.landlock)},
        {"policy.read", text(policy.read)},
        {"policy.write", text(policy.write)},
        {"policy.execute", text(policy.execute)},
        {"policy.tcp_bind", text(policy.tcp_bind)},
        {"policy.tcp_connect", text(policy.tcp_connect)},
    };
}

std::string toml_text(const Config& config) {
    std::string all;
    std::string table;
    for (const auto& [key, value] : entries(config)) {
        const auto dot = key.find('.');
        if (table != key.substr(0, dot)) {
            table = key.substr(0, dot);
            all += std::format("{}[{}]\n", all.empty() ? "" : "\n", table);
        }
        // Without a probe the parser refuses the other keys of [health], too.
        const bool idle = table == "health" && !config.health.enabled();
        // Of [policy], an empty list says something: nothing of what the profile has.
        const bool empty = value == "\"\"" || (value == "[]" && table != "policy");
        const bool unset = idle || empty || value == kNone || value == kOfProfile;
        all += std::format("{}{} = {}\n", unset ? "#" : "", key.substr(dot + 1), value);
    }
    return all;
}

std::vector<std::string> difference(const Config& before, const Config& after) {
    std::vector<std::string> lines;
    for (const auto& [old_entry, new_entry] : std::views::zip(entries(before), entries(after))) {
        if (old_entry.second == new_entry.second) continue;
        lines.push_back(std::format("{}: {} -> {}", old_entry.first, old_entry.second, new_entry.second));
    }
    return lines;
}

}  // namespace rs
