#include "policy/resolve.hpp"

#include <seccomp.h>

#include <algorithm>
#include <format>
#include <string>

namespace rs::policy {
namespace {

constexpr unsigned kArguments = 6;

#ifdef __x86_64__
constexpr bool kX32 = true;
#else
constexpr bool kX32 = false;
#endif

// What a tracer leaves of a call that it skipped (ptrace(2), PTRACE_O_TRACESECCOMP).
constexpr int kNoCall = -1;

// Negative for a call that exists, but not on this architecture (seccomp_syscall_resolve_name(3)).
Result<int> number_of(const std::string& name) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) {
        return fail(std::format("system call '{}' is unknown to libseccomp", name));
    }
    return number;
}

Result<> add_group(ResolvedPolicy& resolved, const SyscallGroup& group) {
    for (const auto& name : group.calls) {
        const auto number = number_of(name);
        if (!number) return std::unexpected(number.error());
        if (*number < 0) continue;
        if (!resolved.calls.emplace(*number, ResolvedCall{group.action, {}}).second) {
            return fail(std::format("system call '{}' is named twice, the second time in group '{}'", name,
                                    group.name));
        }
    }
    return {};
}

// Some value of the argument matches both.
bool overlap(const ResolvedRule& a, const ResolvedRule& b) {
    if (a.argument != b.argument) return true;
    const std::uint64_t both = a.mask & b.mask;
    return (a.value & both) == (b.value & both);
}

Result<> add_rule(ResolvedPolicy& resolved, const ArgumentRule& rule) {
    const auto number = number_of(rule.call);
    if (!number) return std::unexpected(number.error());
    if (rule.argument >= kArguments) {
        return fail(std::format("a rule for '{}' is about argument {}; there are 0 to {}", rule.call,
                                rule.argument, kArguments - 1));
    }
    if ((rule.value & ~rule.mask) != 0) {
        return fail(std::format("a rule for '{}' can never match: value {:#x} has bits outside of mask {:#x}",
                                rule.call, rule.value, rule.mask));
    }
    if (*number < 0) return {};
    const auto [call, fresh] = resolved.calls.try_emplace(*number, ResolvedCall{resolved.otherwise, {}});
    auto& rules = call->second.rules;
    if (!fresh && rules.empty()) {
        return fail(
            std::format("system call '{}' has a rule for its arguments and is also in a group", rule.call));
    }
    const ResolvedRule added{rule.argument, rule.mask, rule.value, rule.action};
    if (std::ranges::any_of(rules, [&](const auto& other) { return overlap(added, other); })) {
        return fail(std::format("two rules for '{}' match the same arguments", rule.call));
    }
    rules.push_back(added);
    return {};
}

}  // namespace

Result<ResolvedPolicy> resolve(const SyscallPolicy& policy) {
    ResolvedPolicy resolved{
        .otherwise = policy.otherwise, .arch = seccomp_arch_native(), .newest = 0, .calls = {}};
    for (const auto& group : policy.groups) {
        if (auto added = add_group(resolved, group); !added) return std::unexpected(added.error());
    }
    for (const auto& rule : policy.rules) {
        if (auto added = add_rule(resolved, rule); !added) return std::unexpected(added.error());
    }
    const auto newest = number_of(policy.newest);
    if (!newest) return std::unexpected(newest.error());
    resolved.newest = std::max(0, *newest);
    if (!resolved.calls.empty()) resolved.newest = std::max(resolved.newest, resolved.calls.rbegin()->first);
    return resolved;
}

Action decide(const ResolvedPolicy& policy, const seccomp_data& data) {
    if (data.arch != policy.arch) return kKill;
    const auto number = static_cast<std::uint32_t>(data.nr);
    if (number >= kForeignNumbers) return kX32 && data.nr != kNoCall ? kKill : policy.otherwise;
    if (number > static_cast<std::uint32_t>(policy.newest)) return kAbsent;
    const auto call = policy.calls.find(data.nr);
    if (call == policy.calls.end()) return policy.otherwise;
    for (const auto& rule : call->second.rules) {
        if ((data.args[rule.argument] & rule.mask) == rule.value) return rule.action;
    }
    return call->second.action;
}

}  // namespace rs::policy
