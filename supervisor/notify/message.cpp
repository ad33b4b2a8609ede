#include "supervisor/notify/message.hpp"

#include <cstdint>
#include <ranges>

namespace rs {
namespace {

constexpr std::size_t kStatusMax = 200;

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

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const auto first = static_cast<std::uint8_t>(text.front());
        const bool control =
            first < 0x20 || first == 0x7F || (first == 0xC2 && static_cast<std::uint8_t>(text[1]) < 0xA0);
        const std::string_view piece = length == 0 || control ? "?" : text.substr(0, length);
        if (out.size() + piece.size() > max_bytes) break;
        out += piece;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

NotifyMessage parse_notify(std::string_view datagram) {
    NotifyMessage message;
    for (const auto part : std::views::split(datagram, '\n')) {
        const std::string_view line{part};
        if (line == "READY=1") message.ready = true;
        if (line == "RELOADING=1") message.reloading = true;
        if (line == "STOPPING=1") message.stopping = true;
        if (line == "WATCHDOG=1") message.ping = true;
        if (line == "WATCHDOG=trigger") message.trigger = true;
        if (line == "BARRIER=1") message.barrier = true;
        if (line.starts_with("STATUS=")) message.status = printable(line.substr(7), kStatusMax);
    }
    return message;
}

}  // namespace rs
