#include "supervisor/config/validate.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <string>
#include <utility>

namespace rs {

namespace {

using Keys = std::span<const SetKey>;
using Trouble = std::optional<Diagnostic>;

Diagnostic at(const SetKey& key, std::string message) {
    return {.file = {}, .line = key.line, .column = key.column, .message = std::move(message)};
}

const SetKey* find(Keys keys, std::string_view section, std::string_view name) {
    const auto found = std::ranges::find_if(
        keys, [&](const SetKey& key) { return key.section == section && key.key == name; });
    return found == keys.end() ? nullptr : &*found;
}

bool is_probe(const SetKey& key) {
    static constexpr std::array<std::string_view, 3> kProbes{"http", "tcp", "command"};
    return key.section == "health" && std::ranges::contains(kProbes, key.key);
}

Trouble reload_that_stops(const Config& config, Keys keys) {
    const SetKey* reload = find(keys, "proxy", "reload_signal");
    if (reload == nullptr || config.proxy.reload_signal != config.proxy.stop_signal) return std::nullopt;
    return at(*reload, "'reload_signal' is the same as 'stop_signal', which ends the proxy");
}

Trouble nothing_to_start(const Config& config, Keys keys) {
    const SetKey* start = find(keys, "podman", "start");
    if (start == nullptr || !config.podman.start || !config.podman.wait_for.empty()) return std::nullopt;
    return at(*start, "'start' has no effect without 'wait_for', the units to start");
}

Trouble several_probes(const Config&, Keys keys) {
    const auto first = std::ranges::find_if(keys, is_probe);
    if (first == keys.end()) return std::nullopt;
    const auto second = std::find_if(first + 1, keys.end(), is_probe);
    if (second == keys.end()) return std::nullopt;
    return at(*second,
              std::format("'{}' and '{}' are two kinds of probe; keep one of them", first->key, second->key));
}

Trouble no_probe(const Config& config, Keys keys) {
    const auto first = std::ranges::find(keys, "health", &SetKey::section);
    if (config.health.enabled() || first == keys.end()) return std::nullopt;
    return at(*first, std::format("'{}' has no effect without a probe; add http, tcp or command to [health]",
                                  first->key));
}

Trouble only_with_http(const Config& config, Keys keys) {
    if (!config.health.http.empty()) return std::nullopt;
    for (const std::string_view name : {"unix_socket", "expect"}) {
        if (const SetKey* key = find(keys, "health", name)) {
            return at(*key, std::format("'{}' goes with 'http' only", name));
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Diagnostic> validate(const Config& config, std::span<const SetKey> keys) {
    static constexpr std::array kRules{reload_that_stops, nothing_to_start, several_probes, no_probe,
                                       only_with_http};
    for (const auto rule : kRules) {
        if (auto trouble = rule(config, keys)) return trouble;
    }
    return std::nullopt;
}

}  // namespace rs
