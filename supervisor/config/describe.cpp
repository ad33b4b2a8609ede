#include "supervisor/config/describe.hpp"

#include <cstring>
#include <format>
#include <ranges>

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

std::string signal(int number) {
    return number == 0 ? "none" : std::format("\"SIG{}\"", ::sigabbrev_np(number));
}

}  // namespace

Entries entries(const Config& config) {
    const auto& [proxy, podman, health] = config;
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
        {"health.expect", health.expect == 0 ? "none" : text(health.expect)},
        {"health.inside", text(health.inside)},
        {"health.interval", text(health.interval)},
        {"health.timeout", text(health.timeout)},
        {"health.start_period", span(health.start_period)},
        {"health.retries", text(health.retries)},
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
        const bool unset = idle || value == "none" || value == "\"\"" || value == "[]";
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
