// A configuration as text, key by key: to say what a reload changes, and what holds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisor/config/config.hpp"

namespace rs {

// ("proxy.stop_timeout", "10s"), … for every key in the order of the manual, with the value that holds.
using Entries = std::vector<std::pair<std::string, std::string>>;
Entries entries(const Config& config);

// A file that says the same: every key with the value that holds, in its table; a key that is not set is
// commented out, because no value says so.
std::string toml_text(const Config& config);

// "proxy.stop_timeout: 10s -> 20s", one line for each key that differs.
std::vector<std::string> difference(const Config& before, const Config& after);

}  // namespace rs
