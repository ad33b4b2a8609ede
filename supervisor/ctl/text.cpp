#include "supervisor/ctl/text.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <cwchar>
#include <format>
#include <optional>
#include <utility>

namespace rs::ctl {
namespace {

constexpr std::size_t kMarksInARow = 3;  // combining characters that one base may carry

// The C library knows UTF-8 and the widths of its characters, but only as the thread's locale, which is not
// always UTF-8.
class Utf8Scope {
  public:
    Utf8Scope() : before_(::uselocale(utf8())) {}
    ~Utf8Scope() { ::uselocale(before_); }
    Utf8Scope(const Utf8Scope&) = delete;
    Utf8Scope& operator=(const Utf8Scope&) = delete;

  private:
    static locale_t utf8() {
        static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return made;  // nullptr leaves the thread's locale as it is
    }
    locale_t before_;
};

struct Character {
    std::string_view bytes;
    std::optional<wchar_t> code;  // nothing: a byte that is no UTF-8
};

// The first character of a text that is not empty. Within a Utf8Scope.
Character first_of(std::string_view text) {
    mbstate_t state{};
    wchar_t code = 0;
    const std::size_t length = ::mbrtowc(&code, text.data(), text.size(), &state);
    // 0 is a NUL byte; beyond the size are the two values for what is no character.
    if (length == 0) return {text.substr(0, 1), L'\0'};
    if (length > text.size()) return {text.substr(0, 1), std::nullopt};
    return {text.substr(0, length), code};
}

// Characters that reorder, hide or separate others: category Cf, Zl and Zp of Unicode, as far as text may do
// harm with them, and the tags.
bool is_deceptive(wchar_t code) {
    constexpr std::array<std::pair<wchar_t, wchar_t>, 9> kRanges{{{0x00ad, 0x00ad},
                                                                  {0x061c, 0x061c},
                                                                  {0x180e, 0x180e},
                                                                  {0x200b, 0x200f},
                                                                  {0x2028, 0x202e},
                                                                  {0x2060, 0x206f},
                                                                  {0xfeff, 0xfeff},
                                                                  {0xfff9, 0xfffb},
                                                                  {0xe0000, 0xe007f}}};
    return std::ranges::any_of(
        kRanges, [code](const auto& range) { return code >= range.first && code <= range.second; });
}

std::string escaped_bytes(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes)
        text += std::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    return text;
}

std::string_view sgr(Tone tone) {
    switch (tone) {
        case Tone::plain:
            return "";
        case Tone::bold:
            return "\x1b[1m";
        case Tone::faint:
            return "\x1b[2m";
        case Tone::good:
            return "\x1b[32m";
        case Tone::warning:
            return "\x1b[33m";
        case Tone::bad:
            return "\x1b[1;31m";
    }
    return "";
}

void drop_blanks_at_the_end(std::string& text) {
    text.resize(text.find_last_not_of(' ') + 1);
}

}  // namespace

std::string harmless(std::string_view text, bool utf8) {
    const Utf8Scope scope;
    std::string result;
    bool has_base = false;
    std::size_t marks = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        text.remove_prefix(character.bytes.size());
        const int width = character.code ? ::wcwidth(*character.code) : -1;
        const bool is_mark = width == 0 && character.code != L'\0';
        marks = is_mark ? marks + 1 : 0;
        if (!character.code || *character.code < 0x20 ||
            (*character.code >= 0x7f && *character.code < 0xa0)) {
            result += escaped_bytes(character.bytes);
            has_base = false;
        } else if (width < 0 || is_deceptive(*character.code) ||
                   (is_mark && (!has_base || marks > kMarksInARow))) {
            result += std::format("\\u{{{:x}}}", static_cast<unsigned>(*character.code));
            has_base = false;
        } else {
            const bool shown = utf8 || *character.code < 0x80;
            if (shown) result += character.bytes;
            if (!shown && !is_mark) result += '?';
            has_base = true;
        }
    }
    return result;
}

std::size_t columns(std::string_view text) {
    const Utf8Scope scope;
    std::size_t sum = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        text.remove_prefix(character.bytes.size());
        sum += static_cast<std::size_t>(std::max(character.code ? ::wcwidth(*character.code) : 1, 0));
    }
    return sum;
}

std::string fit(std::string_view text, std::size_t width, const Style& style) {
    if (columns(text) <= width) return std::string{text};
    const std::string_view dots = style.symbols ? "…" : "...";
    const std::size_t dots_width = style.symbols ? 1 : 3;
    // Where not even the dots have room, the first characters say more than some of them.
    const std::size_t room = width > dots_width ? width - dots_width : width;

    const Utf8Scope scope;
    std::size_t taken = 0;
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const Character character = first_of(text.substr(bytes));
        const int wide = std::max(character.code ? ::wcwidth(*character.code) : 1, 0);
        if (taken + static_cast<std::size_t>(wide) > room) break;
        taken += static_cast<std::size_t>(wide);
        bytes += character.bytes.size();
    }
    std::string result{text.substr(0, bytes)};
    if (width > dots_width) result += dots;
    return result;
}

std::size_t columns(const Line& line, const Style& style) {
    std::size_t sum = 0;
    for (const Span& span : line)
        sum += columns(harmless(span.text, style.utf8));
    return sum;
}

std::string render(const Line& line, const Style& style) {
    std::vector<std::string> texts;
    texts.reserve(line.size());
    for (const Span& span : line)
        texts.push_back(harmless(span.text, style.utf8));
    // Blanks at the end must not make a line look too long. A whole span of them goes with those before it.
    for (std::size_t i = texts.size(); i-- > 0;) {
        drop_blanks_at_the_end(texts[i]);
        if (!texts[i].empty()) break;
    }

    std::size_t total = 0;
    for (const std::string& text : texts)
        total += columns(text);
    const bool cut = style.width != 0 && total > style.width;
    std::size_t room = cut ? style.width : total;

    std::string result;
    for (std::size_t i = 0; i < texts.size() && room > 0; ++i) {
        const std::size_t wanted = columns(texts[i]);
        std::string shown = wanted <= room ? texts[i] : fit(texts[i], room, style);
        // The line is cut and this text just fills it: the dots that say so take its last columns.
        if (cut && wanted == room) shown = fit(texts[i] + " ", room, style);
        room -= std::min(wanted, room);
        const std::string_view on = style.colour ? sgr(line[i].tone) : "";
        result += on.empty() || shown.empty() ? shown : std::format("{}{}\x1b[0m", on, shown);
    }
    return result + "\n";
}

std::string render(const std::vector<Line>& lines, const Style& style) {
    std::string result;
    for (const Line& line : lines)
        result += render(line, style);
    return result;
}

Span mark(Mark which, const Style& style) {
    switch (which) {
        case Mark::yes:
            return {style.symbols ? "✓" : "ok", Tone::good};
        case Mark::no:
            return {style.symbols ? "✗" : "no", Tone::bad};
        case Mark::unknown:
            return {style.symbols ? "?" : "? ", Tone::warning};
    }
    return {};
}

}  // namespace rs::ctl
