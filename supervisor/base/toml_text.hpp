// Text to a TOML table: toml++'s exceptions and its recursion stop here.
//
// Only the readers of files include this, since it drags toml++ in.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <toml++/toml.hpp>

#include "supervisor/base/diagnostic.hpp"

namespace rs {

// For the line on which text is no TOML: how its key is written, such as `; write dns = true`, or nothing.
using Example = std::function<std::string(std::string_view key)>;

Diagnostic at(toml::source_position where, std::string message);
Diagnostic nowhere(std::string message);

// Never throws, whatever the text holds. The diagnostics have no file name.
std::expected<toml::table, Diagnostic> parse_toml(std::string_view text, const Example& example);

}  // namespace rs
