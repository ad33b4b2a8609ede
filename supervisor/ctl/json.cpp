#include "supervisor/ctl/json.hpp"

#include <cstdlib>
#include <format>

namespace rs::ctl {

Json shared(sd_json_variant* value) {
    return Json{sd_json_variant_ref(value)};
}

Result<Json> parse_json(const std::string& text) {
    sd_json_variant* parsed = nullptr;
    unsigned line = 0;
    unsigned column = 0;
    const int r = sd_json_parse(text.c_str(), static_cast<sd_json_parse_flags_t>(0), &parsed, &line, &column);
    if (r < 0) return fail_errno(std::format("no JSON at line {}, column {}", line, column), -r);
    return Json{parsed};
}

std::string to_text(sd_json_variant* value, bool pretty) {
    char* made = nullptr;
    const auto flags = pretty ? SD_JSON_FORMAT_PRETTY | SD_JSON_FORMAT_NEWLINE : SD_JSON_FORMAT_NEWLINE;
    if (sd_json_variant_format(value, static_cast<sd_json_format_flags_t>(flags), &made) < 0) return {};
    const std::unique_ptr<char, decltype([](char* text) { std::free(text); })> owned{made};
    return made;
}

}  // namespace rs::ctl
