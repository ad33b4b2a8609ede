// What the readers of all values share: strings as such, and how an error shows what was found instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/config/keys.hpp"

namespace rs {

std::unexpected<ValueError> wrong(const toml::node& node, std::string message);

// "'dns' must be a boolean such as true, not the integer 1"; `fix` is what was probably meant.
std::unexpected<ValueError> wrong_type(const KeyInfo& info, const toml::node& node,
                                       std::string_view fix = {});

// Every string ends up in a system call, where a NUL byte would silently be its end.
ValueResult<std::string> read_string(const KeyInfo& info, const toml::node& node);

ValueResult<std::vector<std::string>> read_strings(const KeyInfo& info, const toml::node& node);

}  // namespace rs
