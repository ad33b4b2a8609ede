// One reader for each type of value: the type, then what it may hold. Errors name the key and show an
// example.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "supervisor/config/keys.hpp"

namespace rs {

ValueResult<std::vector<std::string>> read_command(const KeyInfo& info, const toml::node& node);
ValueResult<Readiness> read_readiness(const KeyInfo& info, const toml::node& node);
ValueResult<int> read_signal(const KeyInfo& info, const toml::node& node);
ValueResult<std::chrono::milliseconds> read_duration(const KeyInfo& info, const toml::node& node);
ValueResult<std::string> read_path(const KeyInfo& info, const toml::node& node);
ValueResult<std::string> read_network(const KeyInfo& info, const toml::node& node);
ValueResult<bool> read_boolean(const KeyInfo& info, const toml::node& node);

}  // namespace rs
