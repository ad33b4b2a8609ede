#include "policy/show.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <map>
#include <ranges>
#include <string_view>
#include <vector>

#include "policy/groups.hpp"
#include "policy/profile.hpp"
#include "policy/show_text.hpp"

namespace rs::policy {
namespace {

constexpr std::string_view kNoGroup = "in no group";

// Groups of groups, and those about what a call is not for, come last: a call is shown in the most telling
// one.
bool tells_little(std::string_view group) {
    constexpr std::array<std::string_view, 3> kVague{"@system-service", "@privileged", "@raw-io"};
    return std::ranges::contains(kVague, group);
}

std::string_view group_of(std::string_view call) {
    for (const bool vague : {false, true}) {
        for (const auto& group : groups()) {
            if (tells_little(group.name) != vague) continue;
            const bool member =
                std::ranges::any_of(std::views::split(group.members, ' '),
                                    [call](const auto part) { return std::string_view{part} == call; });
            if (member) return group.name;
        }
    }
    return kNoGroup;
}

using Names = std::vector<std::string>;

std::string count_of(const Names& calls) {
    return std::format("{} call{}", calls.size(), calls.size() == 1 ? "" : "s");
}

std::string grouped(const Names& calls) {
    std::map<std::string_view, Names> by_group;
    for (const auto& call : calls)
        by_group[group_of(call)].push_back(call);
    std::string text;
    for (const auto& [group, names] : by_group)
        text += entry(std::format("  {} ({})", group, names.size()), names);
    return text;
}

std::string shown_calls(const SyscallPolicy& policy) {
    std::map<Action, Names, std::greater<>> by_action;  // what is allowed comes first
    Names by_arguments;
    for (const auto& [name, call] : policy.calls) {
        if (call.rules.empty()) {
            by_action[call.action].push_back(name);
        } else {
            by_arguments.push_back(name);
        }
    }
    std::string text;
    for (const auto& [action, names] : by_action)
        text += std::format("{}: {}\n{}", action_text(action), count_of(names), grouped(names));
    if (by_arguments.empty()) return text;
    text += std::format("by their arguments: {}\n", count_of(by_arguments));
    for (const auto& name : by_arguments)
        text += entry("  " + name, words_of(answer_text(policy.calls.at(name))));
    return text;
}

Names texts(const Paths& paths) {
    Names names;
    for (const auto& path : *paths)
        names.push_back(path.text);
    return names;
}

Names texts(const Ports& ports) {
    Names names;
    for (const auto port : *ports)
        names.push_back(std::to_string(port));
    return names;
}

template <class List>
std::string shown_list(std::string_view what, const List& list) {
    if (!list) return entry(what, {"not restricted"});
    return entry(what, list->empty() ? Names{"nothing"} : texts(list));
}

std::string shown_scopes(const Access& access) {
    Names names;
    if (access.scope_signals) names.emplace_back("signals");
    if (access.scope_abstract_sockets) names.emplace_back("abstract-unix-sockets");
    return entry("kept from processes outside", names.empty() ? Names{"nothing"} : names);
}

std::string shown_access(const Access& access) {
    return shown_list("may read", access.read) + shown_list("may write", access.write) +
           shown_list("may execute", access.execute) + shown_list("may open TCP ports", access.tcp_bind) +
           shown_list("may connect to TCP ports", access.tcp_connect) + shown_scopes(access);
}

Names capability_list(Capabilities set) {
    Names names;
    for (const auto name : capability_names(set))
        names.emplace_back(name);
    if (names.empty()) names.emplace_back("none");
    return names;
}

std::string argument_text(const Condition& condition) {
    if (~condition.mask == 0) return std::format("argument {}", condition.argument);
    return std::format("(argument {} & {:#x})", condition.argument, condition.mask);
}

bool differ_in_value(const ArgumentRule& one, const ArgumentRule& other) {
    if (one.action != other.action || one.conditions.size() != 1 || other.conditions.size() != 1)
        return false;
    const auto& [argument, mask, value] = one.conditions.front();
    return argument == other.conditions.front().argument && mask == other.conditions.front().mask;
}

std::string answer_of(const SyscallPolicy& policy, const std::string& call) {
    const auto found = policy.calls.find(call);
    return found == policy.calls.end() ? action_text(policy.otherwise) : answer_text(found->second);
}

// "what: one -> other" for each line of two descriptions that differ.
std::string line_difference(const std::string& before, const std::string& after) {
    std::string text;
    for (const auto& [old_part, new_part] :
         std::views::zip(std::views::split(before, '\n'), std::views::split(after, '\n'))) {
        const std::string_view old_line{old_part};
        const std::string_view new_line{new_part};
        if (old_line != new_line) text += std::format("- {}\n+ {}\n", old_line, new_line);
    }
    return text;
}

}  // namespace

std::string show(const Policy& policy, const std::string& description) {
    std::string text = policy.profile + (description.empty() ? "" : ": " + description) + "\n";
    text += entry("every other call", {action_text(policy.syscalls.otherwise)});
    if (!policy.syscalls.newest.empty())
        text += entry("newer than", {policy.syscalls.newest + ":", "errno:ENOSYS"});
    text += shown_calls(policy.syscalls);
    text += entry("capabilities", capability_list(policy.capabilities));
    return text + shown_access(policy.access);
}

std::string difference(const Policy& before, const Policy& after) {
    Names names;
    for (const auto* policy : {&before, &after}) {
        for (const auto& name : std::views::keys(policy->syscalls.calls))
            names.push_back(name);
    }
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    std::string text;
    const auto compare = [&text](std::string_view what, const std::string& one, const std::string& other) {
        if (one != other) text += std::format("{}: {} -> {}\n", what, one, other);
    };
    compare("every other call", action_text(before.syscalls.otherwise),
            action_text(after.syscalls.otherwise));
    compare("newest", before.syscalls.newest, after.syscalls.newest);
    for (const auto& name : names)
        compare(name, answer_of(before.syscalls, name), answer_of(after.syscalls, name));
    compare("capabilities", joined(capability_list(before.capabilities)),
            joined(capability_list(after.capabilities)));
    // One line for each kind of access, whatever its length.
    return text +
           line_difference(unwrapped(shown_access(before.access)), unwrapped(shown_access(after.access)));
}

Result<std::string> list_profiles(const Library& library) {
    std::string text;
    for (const auto& name : library.names()) {
        const auto profile = library.load(name);
        if (!profile) return std::unexpected(profile.error());
        const std::string own = library.own_file(name);
        const bool is_own = library.has_own(name);
        text +=
            std::format("{:<10} {}{}\n", name, profile->description, is_own ? std::format(" ({})", own) : "");
    }
    return text;
}

Result<std::string> explain(const Library& library, const std::string& call) {
    const bool is_number = !call.empty() && call.find_first_not_of("0123456789") == std::string::npos;
    const std::string name = is_number && call.size() < 6 ? call_name(std::stoi(call)) : call;
    if (name.empty()) return fail(std::format("libseccomp knows no system call of number {}", call));
    const auto known = know_call(name);
    if (!known) return fail(known.error());
    if (*known == Known::newer) {
        return std::format("{}: a system call of newer kernels, which this libseccomp does not know\n", name);
    }
    if (*known == Known::elsewhere) return std::format("{}: a system call of other architectures\n", name);
    Names in;
    for (const auto& group : groups()) {
        if (std::ranges::contains(calls_of(group), name)) in.emplace_back(group.name);
    }
    std::string text = std::format("{}: system call {}, see {}(2)\n", name, number_of(name), name);
    text += entry("in", in.empty() ? Names{"no group"} : in);
    for (const auto& each : library.names()) {
        // Profiles that are only parts of others are none by themselves.
        const auto policy = assemble(library, {.profile = each});
        if (policy) text += entry(each, words_of(answer_of(policy->syscalls, name)));
    }
    return text +
           std::format("To allow it: allow = [\"{}\"] in [policy] of the proxy's configuration.\n", name);
}

std::string answer_text(const CallPolicy& call) {
    std::string text;
    for (auto rule = call.rules.begin(); rule != call.rules.end();) {
        // Rules that differ in one value only are a list of values.
        auto end = std::next(rule);
        std::string values = std::format("{:#x}", rule->conditions.front().value);
        for (; end != call.rules.end() && differ_in_value(*rule, *end); ++end)
            values += std::format(" or {:#x}", end->conditions.front().value);
        text += action_text(rule->action) + " if ";
        for (const auto& condition : rule->conditions) {
            const bool first = condition.argument == rule->conditions.front().argument;
            text += std::format("{}{} == {}", first ? "" : " and ", argument_text(condition),
                                first ? values : std::format("{:#x}", condition.value));
        }
        text += ", else ";
        rule = end;
    }
    return text + action_text(call.action);
}

}  // namespace rs::policy
