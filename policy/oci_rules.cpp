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

// For each of what is compared one of its values, by its index, or none of them, by their number: all
// arguments in one cell get the same answer.
using Cell = std::vector<std::size_t>;

class Space {
  public:
    explicit Space(const Entries& entries) {
        for (const auto& entry : entries) {
            for (const auto& each : entry.conditions)
                add(each.condition);
        }
    }

    [[nodiscard]] std::size_t size() const {
        std::size_t cells = 1;
        for (const auto& each : compared_)
            cells = std::min(cells * (each.values.size() + 1), kCellsMax + 1);
        return cells;
    }

    // Those with fewer values first.
    [[nodiscard]] std::vector<Cell> cells() const {
        std::vector<Cell> all{{}};
        for (const auto& each : compared_) {
            std::vector<Cell> longer;
            for (const auto& cell : all) {
                for (std::size_t i = 0; i <= each.values.size(); ++i) {
                    longer.push_back(cell);
                    longer.back().push_back(i);
                }
            }
            all = std::move(longer);
        }
        std::ranges::stable_sort(all, {}, [this](const Cell& cell) { return conditions(cell).size(); });
        return all;
    }

    [[nodiscard]] Conditions conditions(const Cell& cell) const {
        Conditions all;
        for (std::size_t i = 0; i < cell.size(); ++i) {
            const auto& [argument, mask, values] = compared_[i];
            if (cell[i] < values.size()) all.push_back({argument, mask, values[cell[i]]});
        }
        return all;
    }

    [[nodiscard]] bool holds(const Condition& condition, const Cell& cell) const {
        return std::ranges::contains(conditions(cell), condition);
    }

  private:
    void add(const Condition& condition) {
        const auto same = [&](const Compared& each) {
            return each.argument == condition.argument && each.mask == condition.mask;
        };
        auto found = std::ranges::find_if(compared_, same);
        if (found == compared_.end())
            found = compared_.insert(found, {condition.argument, condition.mask, {}});
        if (!std::ranges::contains(found->values, condition.value)) found->values.push_back(condition.value);
    }

    std::vector<Compared> compared_;
};

Action answer(const Entries& entries, const Space& space, const Cell& cell, Action otherwise) {
    std::optional<Action> strictest;
    for (const auto& [action, conditions] : entries) {
        const bool applies = std::ranges::all_of(conditions, [&](const OciCondition& each) {
            return space.holds(each.condition, cell) != each.differs;
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
    const Space space{entries};
    if (space.size() > kCellsMax) return std::unexpected("it is compared with too many values");
    std::vector<std::pair<Conditions, Action>> answers;
    for (const auto& cell : space.cells())
        answers.emplace_back(space.conditions(cell), answer(entries, space, cell, otherwise));

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
