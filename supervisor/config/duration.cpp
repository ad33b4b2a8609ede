#include "supervisor/config/duration.hpp"

#include <array>
#include <cstdint>
#include <format>
#include <optional>
#include <ratio>

#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"

namespace rs {

namespace {

using Micros = std::chrono::duration<std::uint64_t, std::micro>;

struct Unit {
    std::string_view name;
    std::uint64_t micros;
};

constexpr std::uint64_t kMax = Micros(kDurationMax).count();

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kWeek = 7 * kDay;
constexpr std::uint64_t kMonth = 2'629'800 * kSecond;  // 30.44 days, systemd.time(7)
constexpr std::uint64_t kYear = 31'557'600 * kSecond;  // 365.25 days

constexpr std::array kUnits{
    Unit{"us", 1},           Unit{"usec", 1},          Unit{"\u00b5s", 1},     Unit{"\u03bcs", 1},
    Unit{"ms", 1000},        Unit{"msec", 1000},       Unit{"s", kSecond},     Unit{"sec", kSecond},
    Unit{"second", kSecond}, Unit{"seconds", kSecond}, Unit{"m", kMinute},     Unit{"min", kMinute},
    Unit{"minute", kMinute}, Unit{"minutes", kMinute}, Unit{"h", kHour},       Unit{"hr", kHour},
    Unit{"hour", kHour},     Unit{"hours", kHour},     Unit{"d", kDay},        Unit{"day", kDay},
    Unit{"days", kDay},      Unit{"w", kWeek},         Unit{"week", kWeek},    Unit{"weeks", kWeek},
    Unit{"M", kMonth},       Unit{"month", kMonth},    Unit{"months", kMonth}, Unit{"y", kYear},
    Unit{"year", kYear},     Unit{"years", kYear},
};

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A unit's letter; bytes above ASCII belong to the micro sign.
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// Takes the characters that `wanted` accepts off the front.
std::string_view take(std::string_view& text, bool (*wanted)(char)) {
    std::size_t length = 0;
    while (length < text.size() && wanted(text[length]))
        ++length;
    const std::string_view taken = text.substr(0, length);
    text.remove_prefix(length);
    return taken;
}

Result<std::uint64_t> unit_named(std::string_view name) {
    if (name.empty()) return kSecond;
    std::array<std::string_view, kUnits.size()> names;
    for (std::size_t i = 0; i < kUnits.size(); ++i) {
        if (kUnits[i].name == name) return kUnits[i].micros;
        names[i] = kUnits[i].name;
    }
    if (const auto meant = nearest(name, names)) {
        return fail(std::format("unknown unit {}; did you mean '{}'?", in_quotes(name), *meant));
    }
    return fail(std::format("unknown unit {}; use ms, s, min, h or d", in_quotes(name)));
}

// digits * unit, or nothing above kMax.
std::optional<std::uint64_t> whole_part(std::string_view digits, std::uint64_t unit) {
    std::uint64_t number = 0;
    for (const char digit : digits) {
        number = number * 10 + static_cast<std::uint64_t>(digit - '0');
        if (number > kMax / unit) return std::nullopt;
    }
    return number * unit;
}

std::uint64_t fraction_part(std::string_view digits, std::uint64_t unit) {
    std::uint64_t sum = 0;
    for (const char digit : digits) {
        unit /= 10;
        sum += static_cast<std::uint64_t>(digit - '0') * unit;
    }
    return sum;
}

// One number with its unit, taken off the front.
Result<std::uint64_t> take_span(std::string_view& text) {
    const std::string_view rest = text;
    const std::string_view digits = take(text, is_digit);
    if (digits.empty()) return fail(std::format("expected a number at {}", in_quotes(rest)));
    std::string_view decimals;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        decimals = take(text, is_digit);
        if (decimals.empty())
            return fail(std::format("expected digits after the point in {}", in_quotes(rest)));
    }
    take(text, is_blank);
    const Result<std::uint64_t> unit = unit_named(take(text, is_letter));
    if (!unit) return unit;
    const std::optional<std::uint64_t> whole = whole_part(digits, *unit);
    if (!whole) return kMax + 1;
    return *whole + fraction_part(decimals, *unit);
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    take(text, is_blank);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    if (text.empty()) return fail("it is empty");
    if (text == "infinity") return std::chrono::milliseconds{0};

    std::uint64_t sum = 0;
    while (!text.empty()) {
        if (text.starts_with('-')) return fail("a time span cannot be negative");
        const Result<std::uint64_t> span = take_span(text);
        if (!span) return std::unexpected(span.error());
        sum += *span;  // cannot wrap: both are at most a few times kMax
        if (sum > kMax) return fail("longer than 100 years; write \"infinity\" for no limit");
        take(text, is_blank);
    }
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::microseconds{static_cast<std::int64_t>(sum)});
}

}  // namespace rs
