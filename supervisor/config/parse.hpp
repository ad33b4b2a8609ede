// From TOML text to a Config: typed, complete, or the first thing that is wrong with it in one line.
//
// The format is for users and described in rootless-supervisor.toml(5); config_keys() is the parser's own
// table, so a test can hold the manual against it.
#pragma once

#include <expected>
#include <span>
#include <string_view>

#include "supervisor/base/diagnostic.hpp"
#include "supervisor/config/config.hpp"

namespace rs {

struct KeyInfo {
    std::string_view section;  // the table it belongs to
    std::string_view key;
    std::string_view type;     // in words: "a duration"
    std::string_view example;  // a value as TOML writes it, for messages
    std::string_view
        default_text;  // as TOML writes it; in words where it is found out at run time; "none" if required
};

// Every key that a configuration may hold, in the order of the manual.
std::span<const KeyInfo> config_keys();

// `file_name` is only for messages. Never throws for anything that the text may hold.
std::expected<Config, Diagnostic> parse_config(std::string_view text, std::string_view file_name);

std::expected<Config, Diagnostic> load_config(const std::string& path);

}  // namespace rs
