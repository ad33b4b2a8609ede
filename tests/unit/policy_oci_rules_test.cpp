// Entries of OCI profiles at random: what comes out answers as the entries do one by one.
#include "policy/oci_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace rs::policy {
namespace {

using Arguments = std::array<std::uint64_t, 2>;

constexpr std::uint64_t kValues = 3;  // compared with; one more is passed
constexpr auto kAll = ~std::uint64_t{0};

bool holds(const Condition& condition, const Arguments& arguments) {
    return (arguments.at(condition.argument) & condition.mask) == condition.value;
}

Action by_entries(const std::vector<OciEntry>& entries, const Arguments& arguments, Action otherwise) {
    std::vector<Action> answers;
    for (const auto& entry : entries) {
        const bool applies = std::ranges::all_of(entry.conditions, [&](const OciCondition& each) {
            return holds(each.condition, arguments) != each.differs;
        });
        if (applies) answers.push_back(entry.action);
    }
    if (answers.empty()) return otherwise;
    return std::ranges::min(answers, {}, [](Action action) { return static_cast<std::int32_t>(action); });
}

// The rules may be looked at in any order, so all that hold must say the same.
Action by_rules(const CallPolicy& policy, const Arguments& arguments) {
    std::vector<Action> answers;
    for (const auto& rule : policy.rules) {
        if (std::ranges::all_of(rule.conditions,
                                [&](const Condition& each) { return holds(each, arguments); }))
            answers.push_back(rule.action);
    }
    if (answers.empty()) return policy.action;
    EXPECT_EQ(std::ranges::min(answers), std::ranges::max(answers));
    return answers.front();
}

class Random {
  public:
    std::uint64_t below(std::uint64_t end) { return generator_() % end; }

    std::vector<OciEntry> entries() {
        constexpr std::array kActions{kAllow, kKill, refuse_with(22)};
        std::vector<OciEntry> all(1 + below(4));
        for (auto& entry : all) {
            entry.action = kActions.at(below(kActions.size()));
            for (unsigned argument = 0; argument < 2; ++argument) {
                if (below(2) == 0) continue;
                const std::uint64_t mask = below(4) == 0 ? 1 : kAll;
                entry.conditions.push_back({{argument, mask, below(kValues) & mask}, below(3) == 0});
            }
        }
        return all;
    }

  private:
    std::minstd_rand generator_{1};
};

TEST(OciRules, AnswerAsTheEntriesDo) {
    constexpr int kTries = 5000;
    constexpr Action kOtherwise = refuse_with(1);
    Random random;
    int understood = 0;
    for (int i = 0; i < kTries; ++i) {
        const auto entries = random.entries();
        const auto calls = combine({{"read", entries}}, kOtherwise);
        if (!calls) continue;
        ++understood;
        for (std::uint64_t first = 0; first <= kValues; ++first) {
            for (std::uint64_t second = 0; second <= kValues; ++second) {
                const Arguments arguments{first, second};
                ASSERT_EQ(by_rules(calls->at("read"), arguments), by_entries(entries, arguments, kOtherwise))
                    << "try " << i << ", arguments " << first << " and " << second;
            }
        }
    }
    EXPECT_GT(understood, kTries / 2);
}

}  // namespace
}  // namespace rs::policy
