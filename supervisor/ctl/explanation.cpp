#include "supervisor/ctl/explanation.hpp"

#include <algorithm>
#include <format>

namespace rs::ctl {
namespace {

Mark mark_of(const Check& check) {
    if (!check.passed) return Mark::unknown;
    return *check.passed ? Mark::yes : Mark::no;
}

Json to_json(const Check& check) {
    sd_json_variant* made = nullptr;
    sd_json_variant* passed = nullptr;
    if (check.passed) {
        sd_json_variant_new_boolean(&passed, *check.passed ? 1 : 0);
    } else {
        sd_json_variant_new_null(&passed);
    }
    const Json owned_passed{passed};
    sd_json_variant_set_field_string(&made, "what", check.what.c_str());
    sd_json_variant_set_field(&made, "passed", passed);
    sd_json_variant_set_field_string(&made, "evidence", check.evidence.c_str());
    if (check.remedy) sd_json_variant_set_field_string(&made, "remedy", check.remedy->c_str());
    return Json{made};
}

}  // namespace

std::vector<Line> explanation(const std::string& name, const std::vector<Check>& checks, const Style& style) {
    std::vector<Line> lines;
    for (const Check& check : checks) {
        lines.push_back(
            {mark(mark_of(check), style), {" "}, {check.what + ": ", Tone::bold}, {check.evidence}});
        if (check.remedy && check.passed != true)
            lines.push_back({{style.symbols ? "    → " : "    > "}, {*check.remedy, Tone::bold}});
    }
    const auto failed = std::ranges::count(checks, std::optional{false}, &Check::passed);
    lines.emplace_back();
    if (failed == 0) {
        lines.push_back({{std::format("{}: nothing found that is wrong", name), Tone::good}});
    } else {
        lines.push_back(
            {{std::format("{}: {} of {} checks failed; begin with the first", name, failed, checks.size()),
              Tone::bad}});
    }
    return lines;
}

Json to_json(const std::vector<Check>& checks) {
    sd_json_variant* list = nullptr;
    sd_json_variant_new_array(&list, nullptr, 0);
    for (const Check& check : checks)
        sd_json_variant_append_array(&list, to_json(check).get());
    const Json owned{list};
    sd_json_variant* object = nullptr;
    sd_json_variant_set_field(&object, "checks", list);
    return Json{object};
}

}  // namespace rs::ctl
