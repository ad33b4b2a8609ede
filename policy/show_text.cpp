#include "policy/show_text.hpp"

#include <format>
#include <ranges>

namespace rs::policy {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::string_view kIndent = "      ";

}  // namespace

std::string entry(std::string_view what, const std::vector<std::string>& words) {
    std::string text;
    std::string line = std::format("{}:", what);
    for (const auto& word : words) {
        if (line.size() + 1 + word.size() > kWidth && line != kIndent) {
            text += line + "\n";
            line = kIndent;
            line += word;
        } else {
            line += ' ';
            line += word;
        }
    }
    return text + line + "\n";
}

std::string unwrapped(const std::string& entries) {
    std::string text = entries;
    const std::string wrap = "\n" + std::string{kIndent};
    for (std::size_t at = 0; (at = text.find(wrap, at)) != std::string::npos;)
        text.replace(at, wrap.size(), " ");
    return text;
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    for (const auto word : std::views::split(text, ' '))
        words.emplace_back(std::string_view{word});
    return words;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace rs::policy
