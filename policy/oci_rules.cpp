#include "policy/oci_rules.hpp"

#include <algorithm>
#include <format>
#include <optional>
#include <set>
#include <utility>

namespace rs::policy {
namespace {

template <class T>
using Said = std::expected<T, std::string>;
using Entries = std::vector<OciEntry>;
using Conditions = std::vector<Condition>;

// More than any profile needs, few enough to be compared with each other.
constexpr std::size_t kCellsMax = 1024;

// The kernel orders actions as signed numbers, the strictest first (seccomp(2)).
Action stricter(Action a, Action b) {
    return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) ? a : b;
}

// What entries compare with values: an argument under a mask.
struct Compared {
    unsigned argument;
    std::uint64_t mask;
    std::vector<std::uint64_t> values;
};

std::vector<Compared> compared_in(const Entries& entries) {
    std::vector<Compared> all;
    for (const auto& entry : entries) {
        for (const auto& [condition, differs] : entry.conditions) {
            const auto& [argument, mask, value] = condition;
            auto found = std::ranges::find_if(all, [&](const Compared& each) {
                return each.argument == condition.argument && each.mask == condition.mask;
            });
            if (found == all.end()) found = all.insert(found, {argument, mask, {}});
            if (!std::ranges::contains(found->values, value)) found->values.push_back(value);
        }
    }
    return all;
}

// Everything that entries can tell apart, as the conditions by "equal" that hold there: of whatever is
// compared one value is met, or none. The cells with fewer conditions come first.
Said<std::vector<Conditions>> cells_of(const Entries& entries) {
    std::vector<Conditions> cells{{}};
    for (const auto& [argument, mask, values] : compared_in(entries)) {
        if (cells.size() * (values.size() + 1) > kCellsMax)
            return std::unexpected("its arguments are compared with too many values");
        const auto before = cells;
        for (const auto& cell : before) {
            for (const auto value : values) {
                cells.push_back(cell);
                cells.back().push_back({argument, mask, value});
            }
        }
    }
    std::ranges::stable_sort(cells, {}, std::ranges::size);
    return cells;
}

Action answer(const Entries& entries, const Conditions& cell, Action otherwise) {
    std::optional<Action> strictest;
    for (const auto& [action, conditions] : entries) {
        const bool applies = std::ranges::all_of(conditions, [&cell](const OciCondition& each) {
            return std::ranges::contains(cell, each.condition) != each.differs;
        });
        if (applies) strictest = stricter(strictest.value_or(action), action);
    }
    return strictest.value_or(otherwise);
}

std::optional<unsigned> named_twice(const Conditions& conditions) {
    std::set<unsigned> seen;
    for (const auto& each : conditions) {
        if (!seen.insert(each.argument).second) return each.argument;
    }
    return {};
}

bool are_among(const Conditions& some, const Conditions& all) {
    return std::ranges::all_of(some,
                               [&all](const Condition& each) { return std::ranges::contains(all, each); });
}

Said<void> check(const Entries& entries) {
    for (const auto& entry : entries) {
        Conditions conditions;
        for (const auto& each : entry.conditions)
            conditions.push_back(each.condition);
        if (const auto argument = named_twice(conditions)) {
            return std::unexpected(std::format(
                "an entry compares argument {} twice, which container runtimes read in different ways",
                *argument));
        }
    }
    return {};
}

// A rule by "equal" holds in every cell that has its values, so those must all be answered alike.
Said<CallPolicy> answer_for(const Entries& entries, Action otherwise) {
    if (auto right = check(entries); !right) return std::unexpected(right.error());
    const auto cells = cells_of(entries);
    if (!cells) return std::unexpected(cells.error());
    std::vector<std::pair<Conditions, Action>> answers;
    for (const auto& cell : *cells)
        answers.emplace_back(cell, answer(entries, cell, otherwise));

    CallPolicy policy{answers.front().second, {}};
    for (const auto& [values, action] : answers) {
        const auto holds_here = [&](const ArgumentRule& rule) { return are_among(rule.conditions, values); };
        if (action == policy.action || std::ranges::any_of(policy.rules, holds_here)) continue;
        const bool alike = std::ranges::all_of(answers, [&](const auto& other) {
            return other.second == action || !are_among(values, other.first);
        });
        if (!alike || named_twice(values))
            return std::unexpected("its answers have no equivalent by 'equal' alone");
        policy.rules.push_back({values, action});
        std::ranges::sort(policy.rules.back().conditions, {}, &Condition::argument);
    }
    return policy;
}

}  // namespace

std::expected<std::map<std::string, CallPolicy>, std::string> combine(const OciEntries& entries,
                                                                      Action otherwise) {
    std::map<std::string, CallPolicy> calls;
    for (const auto& [name, list] : entries) {
        auto answer = answer_for(list, otherwise);
        if (!answer) return std::unexpected(std::format("system call '{}': {}", name, answer.error()));
        calls.emplace(name, *std::move(answer));
    }
    return calls;
}

}  // namespace rs::policy
