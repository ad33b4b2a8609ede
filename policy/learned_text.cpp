#include "policy/learned_text.hpp"

#include <format>
#include <utility>
#include <vector>

#include "policy/names.hpp"
#include "policy/profile.hpp"

namespace rs::policy {
namespace {

constexpr std::uint64_t kWord = 0xffff'ffff;
// Every CLONE_NEW* (clone(2), namespaces(7)).
constexpr std::uint64_t kNewNamespaces = 0x7e02'0080;

using Names = std::vector<std::string>;

std::string quoted(const std::string& text) {
    std::string all = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') all += '\\';
        all += c;
    }
    return all + '"';
}

// `names = [ … ]`, folded.
std::string list(std::string_view key, const Names& words) {
    constexpr std::size_t kWidth = 110;
    std::string text = std::format("{} = [", key);
    std::string line = "\n   ";
    for (const auto& word : words) {
        if (line.size() + word.size() > kWidth) text += std::exchange(line, "\n   ");
        line += ' ' + quoted(word) + ',';
    }
    return text + line + "\n]\n";
}

std::string calls(std::string_view comment, const Names& names, Action action, const std::string& when = {}) {
    if (names.empty()) return {};
    return std::format("\n# {}\n[[calls]]\n{}action = {}\n{}", comment, list("names", names),
                       quoted(action_text(action)), when.empty() ? "" : std::format("when = [{}]\n", when));
}

// One table, which holds for any of the values.
std::string any_of(std::string_view argument, std::uint64_t mask, const std::string& values) {
    return std::format("{{ argument = {}, mask = {:#x}, equal = {} }}", argument, mask, values);
}

std::string families(const std::set<std::uint64_t>& seen) {
    std::string values;
    for (const auto family : seen) {
        const std::string name = family_name(family);
        values += (values.empty() ? "" : ", ") + (name.starts_with("AF_") ? quoted(name) : name);
    }
    return any_of("0", kWord, '[' + values + ']');
}

std::string numbers(const std::set<std::uint64_t>& seen) {
    std::string values;
    for (const auto value : seen)
        values += std::format("{}{:#x}", values.empty() ? "" : ", ", value);
    return values;
}

// Those whose arguments narrow the profile go into lists of their own. Which requests of ioctl and options of
// prctl there were is told only: what a program asks its descriptors for changes with its libraries.
std::string used_calls(const Learned::Calls& used, std::string_view comment) {
    Names plain;
    std::string text;
    for (const auto& [name, seen] : used) {
        if (name == "socket" || name == "socketpair") {
            text += calls("Families that were seen.", {name}, kAllow, families(seen));
        } else if (name == "clone") {
            text += calls(std::format("Flags that were seen: {}. New namespaces stay out.", numbers(seen)),
                          {name}, kAllow, any_of("\"clone-flags\"", kNewNamespaces, "0"));
        } else if (name == "personality") {
            text += calls("Values that were seen.", {name}, kAllow,
                          any_of("0", kWord, '[' + numbers(seen) + ']'));
        } else if (name == "ioctl" || name == "prctl") {
            text += calls("Seen: " + numbers(seen), {name}, kAllow);
        } else {
            plain.push_back(name);
        }
    }
    return calls(comment, plain, kAllow) + text;
}

std::string rule_text(const ArgumentRule& rule) {
    std::string text;
    for (const auto& [argument, mask, value] : rule.conditions) {
        const auto wide = static_cast<std::int64_t>(mask);  // as TOML's numbers are
        text += text.empty() ? "" : ", ";
        text += wide < 0 ? std::format("{{ argument = {}, equal = {} }}", argument,
                                       static_cast<std::int64_t>(value))
                         : any_of(std::to_string(argument), mask, std::format("{:#x}", value));
    }
    return text;
}

std::string kept_answers(const Learned& learned, const SyscallPolicy& current) {
    Names absent;
    Names killed;
    std::string text;
    for (const auto& [name, call] : current.calls) {
        if (learned.base.contains(name) || learned.new_ones.contains(name)) continue;
        if (call.action == kAbsent) absent.push_back(name);
        if (call.action == kKill && call.rules.empty()) killed.push_back(name);
        for (const auto& rule : call.rules) {
            if (pretends_absence(rule.action))
                text += calls("Libraries go on without.", {name}, rule.action, rule_text(rule));
        }
    }
    return text + calls("Tried first by libraries that have another way.", absent, kAbsent) +
           calls("What no proxy tries by itself.", killed, kKill);
}

std::string paths(std::string_view key, const Paths& paths) {
    if (!paths) return {};
    Names texts;
    for (const auto& path : *paths)
        texts.push_back(path.text);
    return list(key, texts);
}

std::string ports(std::string_view key, const Ports& ports) {
    if (!ports) return {};
    std::string numbers;
    for (const auto port : *ports)
        numbers += std::format("{}{}", numbers.empty() ? "" : ", ", port);
    return std::format("{} = [{}]\n", key, numbers);
}

std::string landlock(const Access& access) {
    if (!access.restricts()) return {};
    Names scopes;
    if (access.scope_signals) scopes.emplace_back("signal");
    if (access.scope_abstract_sockets) scopes.emplace_back("abstract-unix-socket");
    return "\n[landlock]\n" + paths("read", access.read) + paths("write", access.write) +
           paths("execute", access.execute) + ports("tcp_bind", access.tcp_bind) +
           ports("tcp_connect", access.tcp_connect) + (scopes.empty() ? "" : list("scope", scopes));
}

}  // namespace

std::string learned_text(const Learned& learned, const SyscallPolicy& current, const Access& access) {
    std::string text =
        std::format("# {}\n\ndescription = {}\ndefault = {}\n", learned.heading,
                    quoted("learned under profile " + learned.of),
                    quoted(action_text(is_allowed(current.otherwise) ? kForbidden : current.otherwise)));
    if (!current.newest.empty()) text += std::format("newest = {}\n", quoted(current.newest));
    text += "architectures = [\"native\"]\n";
    text += calls("What every proxy needs, seen or not.", {learned.base.begin(), learned.base.end()}, kAllow);
    text += used_calls(learned.used, "What was used.");
    text += used_calls(learned.new_ones, "What was used although profile " + learned.of + " refuses it.");
    return text + kept_answers(learned, current) + landlock(access);
}

}  // namespace rs::policy
