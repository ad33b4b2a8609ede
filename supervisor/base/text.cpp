#include "supervisor/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <format>

namespace rs {

namespace {

constexpr std::size_t kQuotedMax = 60;

std::size_t announced_length(std::uint8_t lead) {
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;
}

// How many bytes of a well-formed UTF-8 sequence start here (RFC 3629); 0 if it is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = announced_length(lead);
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    }
    // Overlong forms, surrogates and what lies above U+10FFFF.
    const std::uint8_t second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
        return 0;
    }
    return length;
}

// A sequence that terminals obey: C0, DEL, and U+0080 to U+009F, which are C2 80 to C2 9F.
bool is_control(std::string_view sequence) {
    const auto byte = [sequence](std::size_t i) { return static_cast<std::uint8_t>(sequence[i]); };
    return byte(0) < 0x20 || byte(0) == 0x7F || (byte(0) == 0xC2 && byte(1) < 0xA0);
}

template <class Replace>
std::string line_of(std::string_view text, std::size_t limit, Replace replace) {
    std::string line;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence_length(text.substr(i));
        const std::string_view piece = text.substr(i, std::max<std::size_t>(length, 1));
        if (i + piece.size() > limit) return line + "...";
        line += length > 0 && !is_control(piece) ? std::string{piece} : replace(piece);
        i += piece.size();
    }
    return line;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
    return line_of(text, limit, [](std::string_view unfit) {
        std::string escaped;
        for (const char byte : unfit)
            escaped += std::format("\\x{:02x}", static_cast<std::uint8_t>(byte));
        return escaped;
    });
}

std::string plain_line(std::string_view text, std::size_t limit) {
    return line_of(text, limit, [](std::string_view) { return std::string{"?"}; });
}

std::string in_quotes(std::string_view text, char quote) {
    return quote + one_line(text, kQuotedMax) + quote;
}

}  // namespace rs
