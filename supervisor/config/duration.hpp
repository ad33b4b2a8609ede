// Time spans as people write them for systemd: "90s", "1min 30s", "1.5h", "500ms", "infinity".
#pragma once

#include <chrono>
#include <string_view>

#include "supervisor/base/error.hpp"

namespace rs {

// Longer than this is a slip of the hand; it also keeps every later sum of a time and a span far away from
// the end of 64 bits of nanoseconds (292 years).
inline constexpr std::chrono::years kDurationMax{100};

// systemd.time(7) "Parsing time spans": numbers with units, added up; a number without a unit counts seconds.
// "infinity" and 0 mean for ever and give 0ms. Anything shorter than a millisecond is rounded up, so that it
// never turns into for ever. The error is the reason only; the caller knows the key and shows the text.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace rs
