#include "policy/oci_rules.hpp"

#include <algorithm>
#include <format>
#include <optional>

namespace rs::policy {
namespace {

using Conditions = std::vector<Condition>;
template <class T>
using Said = std::expected<T, std::string>;

// What is said about one call, sorted by kind.
struct Call {
    std::optional<Action> always;
    std::vector<ArgumentRule> equal;
    std::optional<Action> unless;  // the action of the entries with "not equal"
    Conditions exception;          // the one case in which none of those holds
};

// The kernel orders actions as signed numbers, the strictest first (seccomp(2)).
Action stricter(Action a, Action b) {
    return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) ? a : b;
}

std::unexpected<std::string> two_answers(const std::string& name) {
    return std::unexpected(
        std::format("system call '{}' is answered in two ways for the same arguments", name));
}

Said<void> add_not_equal(Call& call, const std::string& name, const OciEntry& entry) {
    if (call.unless.value_or(entry.action) != entry.action) return two_answers(name);
    call.unless = entry.action;
    const Condition& condition = entry.conditions.front().condition;
    if (std::ranges::contains(call.exception, condition)) return {};
    if (std::ranges::contains(call.exception, condition.argument, &Condition::argument)) {
        return std::unexpected(std::format(
            "system call '{}' has SCMP_CMP_NE for two values of argument {}, one of which always holds", name,
            condition.argument));
    }
    call.exception.push_back(condition);
    return {};
}

Said<void> add(Call& call, const std::string& name, const OciEntry& entry) {
    if (entry.conditions.empty()) {
        call.always = stricter(call.always.value_or(entry.action), entry.action);
        return {};
    }
    if (std::ranges::none_of(entry.conditions, &OciCondition::differs)) {
        ArgumentRule rule{{}, entry.action};
        for (const auto& each : entry.conditions)
            rule.conditions.push_back(each.condition);
        std::ranges::sort(rule.conditions, {}, &Condition::argument);
        if (!std::ranges::contains(call.equal, rule)) call.equal.push_back(std::move(rule));
        return {};
    }
    if (entry.conditions.size() == 1) return add_not_equal(call, name, entry);
    return std::unexpected(std::format(
        "system call '{}' has SCMP_CMP_NE beside other conditions, which has no equivalent by 'equal'",
        name));
}

// Everything but the exception gets one answer, so other rules would clash with it.
Said<CallPolicy> with_exception(Call call, const std::string& name, Action otherwise) {
    if (call.always.value_or(*call.unless) != *call.unless) return two_answers(name);
    if (call.always) return CallPolicy{*call.always, {}};
    std::ranges::sort(call.exception, {}, &Condition::argument);
    ArgumentRule rule{call.exception, otherwise};
    for (const auto& each : call.equal) {
        if (each.conditions == call.exception) {
            rule.action = each.action;
        } else if (each.action != *call.unless) {
            return two_answers(name);
        }
    }
    return CallPolicy{*call.unless, {rule}};
}

Said<CallPolicy> answer_for(Call call, const std::string& name, Action otherwise) {
    if (call.unless) return with_exception(std::move(call), name, otherwise);
    if (!call.always) return CallPolicy{otherwise, std::move(call.equal)};
    const bool same = std::ranges::all_of(
        call.equal, [&](const ArgumentRule& rule) { return rule.action == *call.always; });
    if (!same) return two_answers(name);
    return CallPolicy{*call.always, {}};
}

}  // namespace

std::expected<std::map<std::string, CallPolicy>, std::string> combine(const OciEntries& entries,
                                                                      Action otherwise) {
    std::map<std::string, CallPolicy> calls;
    for (const auto& [name, list] : entries) {
        Call call;
        for (const auto& entry : list) {
            if (auto added = add(call, name, entry); !added) return std::unexpected(added.error());
        }
        auto answer = answer_for(std::move(call), name, otherwise);
        if (!answer) return std::unexpected(answer.error());
        calls.emplace(name, *std::move(answer));
    }
    return calls;
}

}  // namespace rs::policy
