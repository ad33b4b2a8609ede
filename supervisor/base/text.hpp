// Text of others inside a message of ours: whatever a file holds, a diagnostic stays one readable line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rs {

// Always well-formed UTF-8 (RFC 3629), as journals and varlink want it: bytes that are none, and control
// characters (also DEL and U+0080 to U+009F, which terminals obey), become \xNN. What is longer than `limit`
// bytes is cut between two characters and ends in "...".
std::string one_line(std::string_view text, std::size_t limit);
// The same, but such bytes become '?': for where a backslash does not survive, as in STATUS= of sd_notify(3).
std::string plain_line(std::string_view text, std::size_t limit);

// 'text', or "text" for a value as TOML writes it; one_line() with a limit that keeps a message short.
std::string in_quotes(std::string_view text, char quote = '\'');

}  // namespace rs
