#include "policy/profile.hpp"

#include <array>
#include <format>
#include <limits>
#include <utility>

#include "policy/names.hpp"
#include "policy/profile_calls.hpp"
#include "policy/toml_values.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

constexpr std::array<std::string_view, 7> kKeys{"description",   "include", "default", "newest",
                                                "architectures", "calls",   "landlock"};
constexpr std::array<std::string_view, 6> kLandlockKeys{"read",     "write",       "execute",
                                                        "tcp_bind", "tcp_connect", "scope"};

std::string example_for(std::string_view key) {
    if (key == "default" || key == "action") return std::format("; write {} = \"errno:EPERM\"", key);
    if (key == "newest" || key == "description") return std::format("; write {} = \"...\"", key);
    if (key == "names" || key == "include") return std::format("; write {} = [\"...\"]", key);
    return {};
}

Read<> read_includes(Profile& profile, const toml::node& node) {
    auto words = read_words(node, "include");
    if (!words) return std::unexpected(std::move(words.error()));
    for (auto& word : *words) {
        const auto where = word.node->source().begin;
        profile.include.push_back({std::move(word.text), where.line, where.column});
    }
    return {};
}

Read<> read_default(Profile& profile, const toml::node& node) {
    auto action = read_action(node, "default");
    if (!action) return std::unexpected(std::move(action.error()));
    if (is_allowed(*action)) {
        return wrong(node, "'default' must refuse: a profile names what is allowed; write \"errno:EPERM\"");
    }
    profile.otherwise = *action;
    return {};
}

Read<> read_newest(Profile& profile, const toml::node& node) {
    auto name = read_text(node, "newest");
    if (!name) return std::unexpected(std::move(name.error()));
    if (const auto known = know_call(*name); !known) return wrong(node, known.error());
    profile.newest = *std::move(name);
    return {};
}

// The filter answers this machine's calls. Those of its older relatives (i386, x32) are another, rarely used
// and rarely looked at way into the kernel, so nothing lets them in.
Read<> read_architectures(const toml::node& node) {
    const auto words = read_words(node, "architectures");
    if (!words) return std::unexpected(words.error());
    for (const auto& word : *words) {
        if (word.text == "native") continue;
        return wrong(*word.node,
                     std::format("architecture {} is not supported; only \"native\" is, because every "
                                 "other one opens a second set of system calls",
                                 in_quotes(word.text)));
    }
    if (words->empty()) return wrong(node, "'architectures' must be [\"native\"]");
    return {};
}

Read<> read_paths(Paths& paths, const toml::node& node, std::string_view key) {
    const auto words = read_words(node, key);
    if (!words) return std::unexpected(words.error());
    paths.emplace();
    for (const auto& word : *words) {
        if (!word.text.starts_with('/') && !word.text.starts_with("${")) {
            return wrong(*word.node, std::format("{} is no absolute path", in_quotes(word.text)));
        }
        paths->push_back({word.text, false});
    }
    return {};
}

Read<> read_ports(Ports& ports, const toml::node& node, std::string_view key) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong(node, std::format("'{}' must be an array of port numbers", key));
    ports.emplace();
    for (const toml::node& element : *array) {
        const auto port = read_number(element, key, 0, std::numeric_limits<std::uint16_t>::max());
        if (!port) return std::unexpected(port.error());
        ports->push_back(static_cast<std::uint16_t>(*port));
    }
    return {};
}

Read<> read_scopes(Access& access, const toml::node& node) {
    const auto words = read_words(node, "scope");
    if (!words) return std::unexpected(words.error());
    for (const auto& word : *words) {
        if (word.text == "signal") {
            access.scope_signals = true;
        } else if (word.text == "abstract-unix-socket") {
            access.scope_abstract_sockets = true;
        } else {
            return wrong(*word.node, std::format("{} is no scope; there are signal and abstract-unix-socket",
                                                 in_quotes(word.text)));
        }
    }
    return {};
}

Read<> read_landlock(Access& access, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return wrong(node, "'landlock' is a table; write [landlock] on a line of its own");
    if (auto right = only_keys(*table, "[landlock]", kLandlockKeys); !right) return right;
    for (const auto& [key, value] : *table) {
        const std::string_view name = key.str();
        Read<> done;
        if (name == "read") done = read_paths(access.read, value, name);
        if (name == "write") done = read_paths(access.write, value, name);
        if (name == "execute") done = read_paths(access.execute, value, name);
        if (name == "tcp_bind") done = read_ports(access.tcp_bind, value, name);
        if (name == "tcp_connect") done = read_ports(access.tcp_connect, value, name);
        if (name == "scope") done = read_scopes(access, value);
        if (!done) return done;
    }
    return {};
}

Read<> read_key(Profile& profile, std::string_view name, const toml::node& value) {
    if (name == "include") return read_includes(profile, value);
    if (name == "default") return read_default(profile, value);
    if (name == "newest") return read_newest(profile, value);
    if (name == "architectures") return read_architectures(value);
    if (name == "calls") return read_calls(profile.lists, value);
    if (name == "landlock") return read_landlock(profile.access, value);
    auto text = read_text(value, "description");
    if (!text) return std::unexpected(std::move(text.error()));
    profile.description = one_line(*text, 200);
    return {};
}

Read<Profile> profile_from(const toml::table& root) {
    if (auto right = only_keys(root, "a profile", kKeys); !right) return std::unexpected(right.error());
    Profile profile;
    for (const auto& [key, value] : root) {
        if (auto done = read_key(profile, key.str(), value); !done) return std::unexpected(done.error());
    }
    return profile;
}

}  // namespace

std::expected<Profile, Diagnostic> parse_profile(std::string_view text, std::string_view file) {
    return parse_toml(text, example_for).and_then(profile_from).transform_error([&](Diagnostic trouble) {
        trouble.file = file;
        return trouble;
    });
}

}  // namespace rs::policy
