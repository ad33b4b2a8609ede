#include "policy/profile_calls.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <format>
#include <limits>
#include <utility>

#include "policy/names.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

constexpr std::array<std::string_view, 3> kKeys{"names", "action", "when"};
constexpr std::array<std::string_view, 3> kConditionKeys{"argument", "mask", "equal"};
// What other formats of policies know.
constexpr std::array<std::string_view, 12> kOtherComparisons{
    "not_equal", "not", "less", "less_equal", "greater", "greater_equal", "ne", "lt", "le", "gt", "ge", "op"};

#ifdef __s390x__
constexpr unsigned kCloneFlags = 1;  // clone(2), "C library/kernel differences"
#else
constexpr unsigned kCloneFlags = 0;
#endif

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();

Read<unsigned> read_argument(const toml::node& node) {
    if (node.is_string() && node.as_string()->get() == "clone-flags") return kCloneFlags;
    const auto number = read_number(node, "argument", 0, 5);
    if (!number) return std::unexpected(number.error());
    return static_cast<unsigned>(*number);
}

// A number, or the name of a socket family.
Read<std::uint64_t> read_value(const toml::node& node) {
    if (!node.is_string()) return read_number(node, "equal", kLeast, kMost);
    const auto family = family_of(node.as_string()->get());
    if (!family) return wrong(node, family.error());
    return *family;
}

Read<std::vector<std::uint64_t>> read_values(const toml::node& node) {
    std::vector<std::uint64_t> values;
    const auto add = [&](const toml::node& element) -> Read<> {
        const auto value = read_value(element);
        if (!value) return std::unexpected(value.error());
        values.push_back(*value);
        return {};
    };
    if (const auto* array = node.as_array()) {
        for (const toml::node& element : *array) {
            if (auto added = add(element); !added) return std::unexpected(added.error());
        }
        if (values.empty()) return wrong(node, "'equal' is an empty list, which nothing equals");
        return values;
    }
    if (auto added = add(node); !added) return std::unexpected(added.error());
    return values;
}

Read<> refuse_other_comparisons(const toml::table& table) {
    for (const auto& [key, value] : table) {
        if (!std::ranges::contains(kOtherComparisons, key.str())) continue;
        return std::unexpected(
            at(key.source().begin,
               std::format("comparison {} is not supported: only 'equal', with a 'mask' if need "
                           "be, says the same in every combination of rules",
                           in_quotes(key.str()))));
    }
    return only_keys(table, "'when'", kConditionKeys);
}

// Several values make several conditions, one of which must hold.
Read<std::vector<Condition>> read_condition(const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return wrong(node, "'when' must hold tables such as { argument = 0, equal = 1 }");
    if (auto right = refuse_other_comparisons(*table); !right) return std::unexpected(right.error());
    const toml::node* argument = table->get("argument");
    const toml::node* equal = table->get("equal");
    if (argument == nullptr || equal == nullptr) return wrong(node, "'when' needs 'argument' and 'equal'");
    const auto index = read_argument(*argument);
    if (!index) return std::unexpected(index.error());
    const auto values = read_values(*equal);
    if (!values) return std::unexpected(values.error());
    std::uint64_t mask = ~std::uint64_t{0};
    if (const toml::node* given = table->get("mask")) {
        const auto read = read_number(*given, "mask", kLeast, kMost);
        if (!read) return std::unexpected(read.error());
        mask = *read;
    }
    std::vector<Condition> conditions;
    for (const std::uint64_t value : *values) {
        if ((value & ~mask) != 0) {
            return wrong(*equal, std::format("{:#x} has bits outside of mask {:#x}, so nothing equals it",
                                             value, mask));
        }
        conditions.push_back({*index, mask, value});
    }
    return conditions;
}

// All the tables of a 'when' must hold: each is multiplied with what the ones before it made.
Read<std::vector<ArgumentRule>> read_when(const toml::node& node, Action action) {
    const auto* array = node.as_array();
    if (array == nullptr || array->empty()) {
        return wrong(node, "'when' must be an array of tables such as { argument = 0, equal = 1 }");
    }
    constexpr std::size_t kRulesMax = 64;
    std::vector<ArgumentRule> rules{{{}, action}};
    for (const toml::node& element : *array) {
        const auto conditions = read_condition(element);
        if (!conditions) return std::unexpected(conditions.error());
        std::vector<ArgumentRule> longer;
        for (const auto& rule : rules) {
            for (const auto& condition : *conditions) {
                longer.push_back(rule);
                longer.back().conditions.push_back(condition);
            }
        }
        rules = std::move(longer);
        if (rules.size() > kRulesMax) {
            return wrong(element, std::format("more than {} combinations of values", kRulesMax));
        }
    }
    return rules;
}

Read<std::vector<std::string>> read_names(const toml::node& node) {
    const auto words = read_words(node, "names");
    if (!words) return std::unexpected(words.error());
    std::vector<std::string> names;
    for (const auto& word : *words) {
        if (const auto mistake = mistake_in(word.text)) return wrong(*word.node, *mistake);
        names.push_back(word.text);
    }
    if (names.empty()) return wrong(node, "'names' is empty");
    return names;
}

Read<CallList> read_list(const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr)
        return wrong(node, "'calls' must hold tables; write [[calls]] on a line of its own");
    if (auto right = only_keys(*table, "[[calls]]", kKeys); !right) return std::unexpected(right.error());
    const toml::node* names = table->get("names");
    const toml::node* action = table->get("action");
    if (names == nullptr || action == nullptr) return wrong(node, "[[calls]] needs 'names' and 'action'");
    auto calls = read_names(*names);
    if (!calls) return std::unexpected(calls.error());
    const auto answer = read_action(*action, "action");
    if (!answer) return std::unexpected(answer.error());
    CallList list{*std::move(calls), *answer, {}};
    if (const toml::node* when = table->get("when")) {
        auto rules = read_when(*when, *answer);
        if (!rules) return std::unexpected(rules.error());
        list.when = *std::move(rules);
    }
    return list;
}

}  // namespace

Read<Action> read_action(const toml::node& node, std::string_view key) {
    const auto text = read_text(node, key);
    if (!text) return std::unexpected(text.error());
    const auto action = action_of(*text);
    if (!action) return wrong(node, action.error());
    return *action;
}

Read<> read_calls(std::vector<CallList>& lists, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr)
        return wrong(node, "'calls' is an array of tables; write [[calls]] on a line of its own");
    for (const toml::node& element : *array) {
        auto list = read_list(element);
        if (!list) return std::unexpected(std::move(list.error()));
        lists.push_back(*std::move(list));
    }
    return {};
}

std::expected<Action, std::string> action_of(std::string_view text) {
    constexpr std::string_view kErrno = "errno:";
    if (text == "allow") return kAllow;
    if (text == "log") return kLog;
    if (text == "kill") return kKill;
    if (text.starts_with(kErrno)) {
        return errno_of(text.substr(kErrno.size())).transform([](int code) { return refuse_with(code); });
    }
    return std::unexpected(std::format(
        "{} is no action; there are allow, log, kill, and errno:NAME such as errno:EPERM", in_quotes(text)));
}

std::string action_text(Action action) {
    if (action == kAllow) return "allow";
    if (action == kLog) return "log";
    if (action == kKill) return "kill";
    const char* name = ::strerrorname_np(static_cast<int>(action & SECCOMP_RET_DATA));
    if ((action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && name != nullptr) {
        return std::format("errno:{}", name);
    }
    return std::format("{:#x}", action);
}

}  // namespace rs::policy
