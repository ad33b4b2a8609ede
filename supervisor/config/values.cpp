#include "supervisor/config/values.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <format>
#include <span>
#include <string_view>
#include <utility>

#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"
#include "supervisor/config/duration.hpp"
#include "supervisor/config/reading.hpp"

namespace rs {

namespace {

struct NamedSignal {
    std::string_view name;
    int number;
};

// The signals that a program may take as "end in order"; the others report faults, stop it, or cannot be
// caught.
constexpr std::array kStopSignals{
    NamedSignal{"SIGTERM", SIGTERM},   NamedSignal{"SIGINT", SIGINT},   NamedSignal{"SIGQUIT", SIGQUIT},
    NamedSignal{"SIGHUP", SIGHUP},     NamedSignal{"SIGUSR1", SIGUSR1}, NamedSignal{"SIGUSR2", SIGUSR2},
    NamedSignal{"SIGWINCH", SIGWINCH},
};

// The first three of the above end every program of today.
constexpr std::span kReloadSignals = std::span{kStopSignals}.subspan<3>();

std::string unknown_signal(const KeyInfo& info, std::string_view text, std::span<const NamedSignal> allowed) {
    std::vector<std::string_view> names;
    std::string list;
    for (const NamedSignal& signal : allowed) {
        names.push_back(signal.name);
        list += std::format("{}{}", list.empty() ? "" : ", ", signal.name);
    }
    std::string message = std::format("'{}' cannot be {}; ", info.key, in_quotes(text, '"'));
    if (const auto meant = nearest(text, names)) return message + std::format("did you mean \"{}\"?", *meant);
    return message + std::format("it is one of {}", list);
}

ValueResult<int> read_signal(const KeyInfo& info, const toml::node& node,
                             std::span<const NamedSignal> allowed) {
    const ValueResult<std::string> text = read_string(info, node);
    if (!text) return std::unexpected(text.error());
    for (const NamedSignal& signal : allowed) {
        if (*text == signal.name || *text == signal.name.substr(3)) return signal.number;
    }
    return wrong(node, unknown_signal(info, *text, allowed));
}

// "90s" for what is there in milliseconds, in the largest unit without a rest.
std::string shown(std::chrono::milliseconds span) {
    using namespace std::chrono;
    if (span == 0ms) return "0";
    if (span % days{1} == 0ms) return std::format("{}d", span / days{1});
    if (span % seconds{1} == 0ms) return std::format("{}s", span / seconds{1});
    return std::format("{}ms", span.count());
}

}  // namespace

ValueResult<std::vector<std::string>> read_command(const KeyInfo& info, const toml::node& node) {
    ValueResult<std::vector<std::string>> command = read_strings(info, node);
    if (!command) return command;
    if (command->empty()) return wrong(node, std::format("'{}' is empty; write {}", info.key, info.example));
    if (!command->front().starts_with('/')) {
        return wrong(*node.as_array()->get(0),
                     std::format("'{}' must begin with an absolute path, not {}; write {}", info.key,
                                 in_quotes(command->front(), '"'), info.example));
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

ValueResult<int> read_stop_signal(const KeyInfo& info, const toml::node& node) {
    const auto text = node.value<std::string_view>();
    if (text == "SIGKILL" || text == "KILL") {
        return wrong(node, std::format("'{}' asks for an orderly end, which SIGKILL cannot; it is sent after "
                                       "stop_timeout anyway",
                                       info.key));
    }
    return read_signal(info, node, kStopSignals);
}

ValueResult<int> read_reload_signal(const KeyInfo& info, const toml::node& node) {
    return read_signal(info, node, kReloadSignals);
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

ValueResult<int> read_integer(const KeyInfo& info, const toml::node& node, int least, int most) {
    const auto* integer = node.as_integer();
    if (integer == nullptr) return wrong_type(info, node);
    if (integer->get() < least || integer->get() > most) {
        return wrong(
            node, std::format("'{}' must be from {} to {}, not {}", info.key, least, most, integer->get()));
    }
    return static_cast<int>(integer->get());
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

ValueResult<std::chrono::milliseconds> read_span(const KeyInfo& info, const toml::node& node,
                                                 SpanLimits limits) {
    const auto duration = read_duration(info, node);
    if (!duration) return duration;
    const auto text = node.value<std::string_view>().value_or("");
    const bool endless = duration->count() == 0 && text.contains("infinity");
    if (!endless && *duration >= limits.least && *duration <= limits.most) return duration;
    return wrong(node, std::format("'{}' must be from \"{}\" to \"{}\", not {}", info.key,
                                   shown(limits.least), shown(limits.most), in_quotes(text, '"')));
}

}  // namespace rs
