// How texts about policies are laid out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rs::policy {

// "what: word word …", wrapped, with further lines indented.
std::string entry(std::string_view what, const std::vector<std::string>& words);

// Each entry on one line again.
std::string unwrapped(const std::string& entries);

std::vector<std::string> words_of(const std::string& text);

std::string joined(const std::vector<std::string>& words);

}  // namespace rs::policy
