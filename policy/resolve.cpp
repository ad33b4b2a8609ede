#include "policy/resolve.hpp"

#include <seccomp.h>

#include <algorithm>
#include <format>
#include <string>

#include "policy/names.hpp"

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

bool holds(const Condition& condition, const seccomp_data& data) {
    return (data.args[condition.argument] & condition.mask) == condition.value;
}

bool holds(const ArgumentRule& rule, const seccomp_data& data) {
    return std::ranges::all_of(rule.conditions, [&](const auto& each) { return holds(each, data); });
}

// Some value of the argument fits both.
bool compatible(const Condition& a, const Condition& b) {
    const std::uint64_t both = a.mask & b.mask;
    return a.argument != b.argument || (a.value & both) == (b.value & both);
}

bool overlap(const ArgumentRule& a, const ArgumentRule& b) {
    return std::ranges::all_of(a.conditions, [&](const auto& left) {
        return std::ranges::all_of(b.conditions, [&](const auto& right) { return compatible(left, right); });
    });
}

Result<> check_rule(const std::string& call, const ArgumentRule& rule) {
    unsigned seen = 0;
    for (const auto& [argument, mask, value] : rule.conditions) {
        if (argument >= kArguments) {
            return fail(std::format("a rule for '{}' is about argument {}; there are 0 to {}", call, argument,
                                    kArguments - 1));
        }
        if ((value & ~mask) != 0) {
            return fail(
                std::format("a rule for '{}' can never match: value {:#x} has bits outside of mask {:#x}",
                            call, value, mask));
        }
        if ((seen >> argument & 1U) != 0) {
            return fail(std::format("a rule for '{}' looks at argument {} twice", call, argument));
        }
        seen |= 1U << argument;
    }
    if (seen == 0) return fail(std::format("a rule for '{}' has no condition", call));
    return {};
}

Result<> check_rules(const std::string& call, const CallPolicy& policy) {
    const auto& rules = policy.rules;
    for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
        if (auto right = check_rule(call, *rule); !right) return right;
        const auto clashes = [&](const ArgumentRule& other) {
            return other.action != rule->action && overlap(other, *rule);
        };
        if (std::any_of(rules.begin(), rule, clashes)) {
            return fail(std::format("two rules for '{}' answer the same arguments differently", call));
        }
    }
    return {};
}

}  // namespace

Result<ResolvedPolicy> resolve(const SyscallPolicy& policy) {
    ResolvedPolicy resolved{
        .otherwise = policy.otherwise, .arch = seccomp_arch_native(), .newest = 0, .calls = {}};
    for (const auto& [name, call] : policy.calls) {
        const auto known = know_call(name);
        if (!known) return fail(known.error());
        if (auto right = check_rules(name, call); !right) return std::unexpected(right.error());
        if (*known == Known::here) resolved.calls.emplace(number_of(name), call);
    }
    if (!policy.newest.empty()) {
        if (const auto known = know_call(policy.newest); !known) return fail(known.error());
        resolved.newest = std::max(0, number_of(policy.newest));
    }
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
        if (holds(rule, data)) return rule.action;
    }
    return call->second.action;
}

}  // namespace rs::policy
