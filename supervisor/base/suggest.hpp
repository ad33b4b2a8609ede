// "did you mean": the word that was probably meant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace rs {

// Single-letter edits (insert, delete, replace, swap of neighbours) from one word to the other, without
// regard to ASCII case: optimal string alignment.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of the candidates, the first one of equals; nothing when even that one needs more than one edit
// for every three letters, since a far-fetched guess is worse than the list of what is valid.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace rs
