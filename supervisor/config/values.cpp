#include "supervisor/config/values.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <format>
#include <string_view>
#include <utility>

#include "supervisor/config/duration.hpp"
#include "supervisor/config/suggest.hpp"
#include "supervisor/config/text.hpp"

namespace rs {

namespace {

std::unexpected<ValueError> wrong(const toml::node& node, std::string message) {
    return std::unexpected(ValueError{std::move(message), node.source().begin});
}

// What the user wrote, in words.
std::string found(const toml::node& node) {
    if (const auto* string = node.as_string())
        return std::format("the string {}", in_quotes(string->get(), '"'));
    if (const auto* integer = node.as_integer()) return std::format("the integer {}", integer->get());
    if (const auto* boolean = node.as_boolean()) return std::format("the boolean {}", boolean->get());
    if (node.is_floating_point()) return "a float";
    if (node.is_array()) return "an array";
    if (node.is_table()) return "a table";
    return "a date or time";
}

// `fix` is what was probably meant.
std::unexpected<ValueError> wrong_type(const KeyInfo& info, const toml::node& node,
                                       std::string_view fix = {}) {
    std::string message =
        std::format("'{}' must be {} such as {}, not {}", info.key, info.type, info.example, found(node));
    if (!fix.empty()) message += std::format("; write {}", fix);
    return wrong(node, std::move(message));
}

// Every string ends up in a system call, where a NUL byte would silently be its end.
ValueResult<std::string> read_string(const KeyInfo& info, const toml::node& node) {
    const auto* string = node.as_string();
    if (string == nullptr) return wrong_type(info, node);
    if (string->get().contains('\0'))
        return wrong(node, std::format("'{}' must not hold a NUL byte", info.key));
    return string->get();
}

ValueResult<std::string> read_argument(const KeyInfo& info, const toml::node& node) {
    if (!node.is_string()) {
        return wrong(node, std::format("'{}' must hold strings only, not {}; write {}", info.key, found(node),
                                       info.example));
    }
    return read_string(info, node);
}

// The signals that a program may take as "end in order"; the others report faults, stop it, or cannot be
// caught.
struct StopSignal {
    std::string_view name;
    int number;
};

constexpr std::array kStopSignals{
    StopSignal{"SIGTERM", SIGTERM},   StopSignal{"SIGINT", SIGINT},   StopSignal{"SIGQUIT", SIGQUIT},
    StopSignal{"SIGHUP", SIGHUP},     StopSignal{"SIGUSR1", SIGUSR1}, StopSignal{"SIGUSR2", SIGUSR2},
    StopSignal{"SIGWINCH", SIGWINCH},
};

std::string unknown_signal(const KeyInfo& info, std::string_view text) {
    if (text == "SIGKILL" || text == "KILL") {
        return std::format(
            "'{}' asks for an orderly end, which SIGKILL cannot; it is sent after stop_timeout anyway",
            info.key);
    }
    std::array<std::string_view, kStopSignals.size()> names;
    std::ranges::transform(kStopSignals, names.begin(), &StopSignal::name);
    std::string message = std::format("'{}' cannot be {}; ", info.key, in_quotes(text, '"'));
    if (const auto meant = nearest(text, names)) return message + std::format("did you mean \"{}\"?", *meant);
    return message + "it is one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH";
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// libnetwork's rule in containers/common: [a-zA-Z0-9][a-zA-Z0-9_.-]*. It also keeps the name a file's name.
bool is_network_name(std::string_view name) {
    return !name.empty() && is_alphanumeric(name.front()) && std::ranges::all_of(name, [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
    });
}

// Without a trailing slash, which lexically_normal() keeps.
std::string normal_form(const std::string& path) {
    std::string normal = std::filesystem::path(path).lexically_normal().string();
    if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
    return normal;
}

}  // namespace

ValueResult<std::vector<std::string>> read_command(const KeyInfo& info, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong_type(info, node);
    if (array->empty()) return wrong(node, std::format("'{}' is empty; write {}", info.key, info.example));

    std::vector<std::string> command;
    for (const toml::node& element : *array) {
        ValueResult<std::string> argument = read_argument(info, element);
        if (!argument) return std::unexpected(std::move(argument.error()));
        command.push_back(std::move(*argument));
    }
    if (!command.front().starts_with('/')) {
        return wrong(*array->get(0), std::format("'{}' must begin with an absolute path, not {}; write {}",
                                                 info.key, in_quotes(command.front(), '"'), info.example));
    }
    return command;
}

ValueResult<Readiness> read_readiness(const KeyInfo& info, const toml::node& node) {
    const ValueResult<std::string> text = read_string(info, node);
    if (!text) return std::unexpected(text.error());
    if (*text == "notify") return Readiness::notify;
    if (*text == "exec") return Readiness::exec;

    std::string message =
        std::format("'{}' must be \"notify\" or \"exec\", not {}", info.key, in_quotes(*text, '"'));
    static constexpr std::array<std::string_view, 2> kNames{"notify", "exec"};
    if (const auto meant = nearest(*text, kNames)) message += std::format("; did you mean \"{}\"?", *meant);
    return wrong(node, std::move(message));
}

ValueResult<int> read_signal(const KeyInfo& info, const toml::node& node) {
    const ValueResult<std::string> text = read_string(info, node);
    if (!text) return std::unexpected(text.error());
    for (const StopSignal& signal : kStopSignals) {
        if (*text == signal.name || *text == signal.name.substr(3)) return signal.number;
    }
    return wrong(node, unknown_signal(info, *text));
}

ValueResult<std::chrono::milliseconds> read_duration(const KeyInfo& info, const toml::node& node) {
    if (const auto* integer = node.as_integer(); integer != nullptr && integer->get() >= 0) {
        return wrong_type(info, node, std::format("\"{}s\"", integer->get()));
    }
    const ValueResult<std::string> text = read_string(info, node);
    if (!text) return std::unexpected(text.error());
    const Result<std::chrono::milliseconds> duration = parse_duration(*text);
    if (!duration) {
        return wrong(node, std::format("bad duration {} for '{}': {}", in_quotes(*text, '"'), info.key,
                                       duration.error().message));
    }
    return *duration;
}

ValueResult<std::string> read_path(const KeyInfo& info, const toml::node& node) {
    ValueResult<std::string> path = read_string(info, node);
    if (!path) return path;
    if (!path->starts_with('/')) {
        return wrong(node, std::format("'{}' must be {} such as {}, not {}", info.key, info.type,
                                       info.example, in_quotes(*path, '"')));
    }
    const std::string normal = normal_form(*path);
    if (*path != normal) {
        return wrong(node,
                     std::format("'{}' must be a path without '.', '..', '//' and a '/' at the end, not {}; "
                                 "did you mean {}?",
                                 info.key, in_quotes(*path, '"'), in_quotes(normal, '"')));
    }
    return path;
}

ValueResult<std::string> read_network(const KeyInfo& info, const toml::node& node) {
    ValueResult<std::string> name = read_string(info, node);
    if (!name) return name;
    if (!is_network_name(*name)) {
        return wrong(
            node, std::format("'{}' must be a name that Podman allows (letters, digits, '_', '.', '-', and "
                              "a letter or digit first), not {}",
                              info.key, in_quotes(*name, '"')));
    }
    return name;
}

ValueResult<bool> read_boolean(const KeyInfo& info, const toml::node& node) {
    if (const auto* boolean = node.as_boolean()) return boolean->get();
    if (const auto* string = node.as_string()) {
        const std::string& text = string->get();
        if (text == "true" || text == "yes" || text == "on") return wrong_type(info, node, "true");
        if (text == "false" || text == "no" || text == "off") return wrong_type(info, node, "false");
    }
    return wrong_type(info, node);
}

}  // namespace rs
