// What makes sense of each key alone may make none together.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "supervisor/config/config.hpp"
#include "supervisor/config/parse.hpp"

namespace rs {

// A key that the file sets, and where.
struct SetKey {
    std::string_view section;
    std::string_view key;
    unsigned line = 0;
    unsigned column = 0;
};

// The first thing that is wrong, without the file's name. `keys` in the order of the file.
std::optional<Diagnostic> validate(const Config& config, std::span<const SetKey> keys);

}  // namespace rs
