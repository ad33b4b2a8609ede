// The [[calls]] of a profile.
#pragma once

#include <string_view>
#include <vector>

#include "policy/profile.hpp"
#include "policy/toml_values.hpp"

namespace rs::policy {

Read<Action> read_action(const toml::node& node, std::string_view key);
Read<> read_calls(std::vector<CallList>& lists, const toml::node& node);

}  // namespace rs::policy
