#include "supervisor/base/text.hpp"

#include <format>

namespace rs {

namespace {

constexpr std::size_t kQuotedMax = 60;

unsigned char byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

bool is_control(std::string_view text, std::size_t i) {
    const unsigned char byte = byte_at(text, i);
    if (byte < 0x20 || byte == 0x7f) return true;
    // U+0080 to U+009F are C2 80 to C2 9F in UTF-8; escaping the first byte alone is enough to disarm it,
    // but would leave a stray second one, so both are escaped.
    const bool first = byte == 0xc2 && i + 1 < text.size() && byte_at(text, i + 1) < 0xa0;
    const bool second = i > 0 && byte_at(text, i - 1) == 0xc2 && byte >= 0x80 && byte < 0xa0;
    return first || second;
}

// The end of the last whole UTF-8 character within `limit` bytes.
std::size_t cut_at(std::string_view text, std::size_t limit) {
    while (limit > 0 && (byte_at(text, limit) & 0xc0U) == 0x80U)
        --limit;
    return limit;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
    const bool cut = text.size() > limit;
    const std::size_t end = cut ? cut_at(text, limit) : text.size();
    std::string line;
    for (std::size_t i = 0; i < end; ++i) {
        if (is_control(text, i)) {
            line += std::format("\\x{:02x}", static_cast<unsigned>(byte_at(text, i)));
        } else {
            line += text[i];
        }
    }
    if (cut) line += "...";
    return line;
}

std::string in_quotes(std::string_view text, char quote) {
    return quote + one_line(text, kQuotedMax) + quote;
}

}  // namespace rs
