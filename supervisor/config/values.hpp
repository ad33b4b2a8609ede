// One reader for each type of value: the type, then what it may hold. Errors name the key and show an
// example.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/config/keys.hpp"

namespace rs {

struct SpanLimits {
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
};

// values.cpp: what is of one of a few kinds, or a number.
ValueResult<std::vector<std::string>> read_command(const KeyInfo& info, const toml::node& node);
ValueResult<Readiness> read_readiness(const KeyInfo& info, const toml::node& node);
ValueResult<int> read_stop_signal(const KeyInfo& info, const toml::node& node);
ValueResult<int> read_reload_signal(const KeyInfo& info, const toml::node& node);
ValueResult<bool> read_boolean(const KeyInfo& info, const toml::node& node);
ValueResult<int> read_integer(const KeyInfo& info, const toml::node& node, int least, int most);
// 0 is for ever.
ValueResult<std::chrono::milliseconds> read_duration(const KeyInfo& info, const toml::node& node);
// Has an end: "infinity" is refused, and 0 is nothing but 0.
ValueResult<std::chrono::milliseconds> read_span(const KeyInfo& info, const toml::node& node,
                                                 SpanLimits limits);

// names.cpp: what names something outside of the configuration.
ValueResult<std::string> read_path(const KeyInfo& info, const toml::node& node);
ValueResult<std::string> read_socket_path(const KeyInfo& info, const toml::node& node);
ValueResult<std::string> read_network(const KeyInfo& info, const toml::node& node);
ValueResult<std::vector<std::string>> read_units(const KeyInfo& info, const toml::node& node);
ValueResult<std::string> read_http_url(const KeyInfo& info, const toml::node& node);
ValueResult<std::string> read_tcp_address(const KeyInfo& info, const toml::node& node);

// policy_values.cpp: what the proxy may do.
ValueResult<std::string> read_profile(const KeyInfo& info, const toml::node& node);
ValueResult<std::vector<std::string>> read_calls(const KeyInfo& info, const toml::node& node);
ValueResult<std::uint64_t> read_capabilities(const KeyInfo& info, const toml::node& node);
ValueResult<LandlockMode> read_landlock(const KeyInfo& info, const toml::node& node);
ValueResult<std::vector<std::string>> read_paths(const KeyInfo& info, const toml::node& node);
ValueResult<std::vector<std::uint16_t>> read_ports(const KeyInfo& info, const toml::node& node);

}  // namespace rs
