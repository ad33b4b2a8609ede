// The table that the parser runs off; only this folder includes it, since it drags toml++ in.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <toml++/toml.hpp>

#include "supervisor/config/config.hpp"
#include "supervisor/config/parse.hpp"

namespace rs {

// What is wrong with a value, and where: an array's element has a place of its own.
struct ValueError {
    std::string message;
    toml::source_position where;
};

template <class T = void>
using ValueResult = std::expected<T, ValueError>;

using Setter = ValueResult<> (*)(Config& config, const KeyInfo& info, const toml::node& value);

struct Key {
    KeyInfo info;
    Setter set = nullptr;  // reads, checks and stores the value
};

std::span<const Key> key_table();

}  // namespace rs
