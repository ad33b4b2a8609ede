// Values of a profile's TOML, each read into a type or refused with its place.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/toml_text.hpp"

namespace rs::policy {

template <class T = void>
using Read = std::expected<T, Diagnostic>;

std::unexpected<Diagnostic> wrong(const toml::node& node, std::string message);

struct Word {
    std::string text;
    const toml::node* node;
};

// `what` names the key in messages.
Read<std::string> read_text(const toml::node& node, std::string_view what);
Read<std::vector<Word>> read_words(const toml::node& node, std::string_view what);
Read<std::uint64_t> read_number(const toml::node& node, std::string_view what, std::int64_t least,
                                std::int64_t most);

// Error: the first key, in the order of the file, that is none of these.
Read<> only_keys(const toml::table& table, std::string_view where, std::span<const std::string_view> known);

}  // namespace rs::policy
