#include "policy/flatten.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "policy/groups.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

// Includes come before what includes them.
struct Stack {
    std::vector<Profile> done;
    std::vector<std::string> open;  // for circles
};

// The same name inside an administrator's file means the shipped profile that the file stands in for.
Result<Profile> load_included(const Library& library, const Profile& from, const Include& include) {
    auto loaded =
        include.name == from.name ? Library::load_shipped(include.name) : library.load(include.name);
    if (loaded) return loaded;
    const std::string file = from.name.starts_with('/') ? from.name : library.own_file(from.name);
    return fail(Diagnostic{file, include.line, include.column, loaded.error().message}.text());
}

Result<> collect(const Library& library, const Profile& profile, Stack& stack) {
    stack.open.push_back(profile.name);
    for (const auto& include : profile.include) {
        const bool shadows = include.name == profile.name;
        const auto same = [&](const Profile& each) { return each.name == include.name; };
        if (!shadows && std::ranges::contains(stack.open, include.name)) {
            return fail(
                std::format("profile '{}' includes itself by way of '{}'", include.name, profile.name));
        }
        if (!shadows && std::ranges::any_of(stack.done, same)) continue;
        const auto loaded = load_included(library, profile, include);
        if (!loaded) return std::unexpected(loaded.error());
        if (shadows && std::ranges::contains(loaded->include, include.name, &Include::name)) {
            return fail(std::format("profile '{}' includes itself", include.name));
        }
        if (auto right = collect(library, *loaded, stack); !right) return right;
    }
    stack.open.pop_back();
    stack.done.push_back(profile);
    return {};
}

// Calls that this machine lacks are left out; of those that somebody named by themselves, the ones that only
// this libseccomp lacks are worth a word.
std::vector<std::string> present_calls(const std::string& name, const std::string& profile,
                                       std::vector<std::string>& warnings) {
    std::vector<std::string> present;
    const Group* group = find_group(name);
    const auto members = group != nullptr ? calls_of(*group) : std::vector<std::string_view>{name};
    for (const auto call : members) {
        const auto known = know_call(call);
        if (known == Known::here) present.emplace_back(call);
        if (known == Known::newer && group == nullptr) {
            warnings.push_back(
                std::format("policy profile '{}': system call '{}' is too new for this libseccomp; it "
                            "stays refused",
                            profile, call));
        }
    }
    return present;
}

void apply(SyscallPolicy& policy, const CallList& list, const std::string& name) {
    if (list.when.empty()) {
        policy.calls[name] = {list.action, {}};
        return;
    }
    auto& call = policy.calls.try_emplace(name, CallPolicy{policy.otherwise, {}}).first->second;
    if (call.rules.empty()) call.action = policy.otherwise;
    for (const auto& rule : list.when) {
        if (!std::ranges::contains(call.rules, rule)) call.rules.push_back(rule);
    }
}

template <class T>
void add_list(std::optional<std::vector<T>>& list, const std::optional<std::vector<T>>& more) {
    if (!more) return;
    if (!list) list.emplace();
    for (const auto& each : *more) {
        if (!std::ranges::contains(*list, each)) list->push_back(each);
    }
}

}  // namespace

void add_access(Access& access, const Access& more) {
    add_list(access.read, more.read);
    add_list(access.write, more.write);
    add_list(access.execute, more.execute);
    add_list(access.tcp_bind, more.tcp_bind);
    add_list(access.tcp_connect, more.tcp_connect);
    access.scope_signals |= more.scope_signals;
    access.scope_abstract_sockets |= more.scope_abstract_sockets;
}

Result<Policy> flatten(const Library& library, const Profile& profile) {
    Stack stack;
    if (auto collected = collect(library, profile, stack); !collected)
        return std::unexpected(collected.error());
    Policy policy{.profile = profile.name, .syscalls = {}, .access = {}, .warnings = {}};
    std::optional<Action> otherwise;
    for (const auto& part : stack.done) {
        if (part.otherwise) otherwise = part.otherwise;
        if (!part.newest.empty()) policy.syscalls.newest = part.newest;
        add_access(policy.access, part.access);
    }
    if (!otherwise) {
        return fail(std::format("policy profile '{}' has no 'default'; write default = \"errno:EPERM\"",
                                profile.name));
    }
    policy.syscalls.otherwise = *otherwise;
    for (const auto& part : stack.done) {
        for (const auto& list : part.lists) {
            for (const auto& name : list.names) {
                for (const auto& call : present_calls(name, part.name, policy.warnings))
                    apply(policy.syscalls, list, call);
            }
        }
    }
    return policy;
}

}  // namespace rs::policy
