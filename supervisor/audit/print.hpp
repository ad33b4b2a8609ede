// A report for people and for programs.
#pragma once

#include <string>

#include "supervisor/audit/compare.hpp"
#include "supervisor/control/json.hpp"

namespace rs::audit {

struct Style {
    bool symbols = false;  // ✓ and ✗, else + and !
    bool colour = false;
};

// Of standard output: symbols on a terminal in a UTF-8 locale, colours on a terminal that is not "dumb" and
// without $NO_COLOR (https://no-color.org). setlocale(3) must have been called.
Style style_of_output();

// Lines, each with its end. One for each finding, and one below it for the promise where it differs.
std::string text(const Report& report, const Style& style);

control::Json json(const Report& report);

// With line breaks and indentation.
std::string pretty(const control::Json& json);

}  // namespace rs::audit
