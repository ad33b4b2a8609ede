#include "supervisor/ctl/times.hpp"

#include <array>
#include <ctime>
#include <format>
#include <optional>
#include <string_view>

namespace rs::ctl {
namespace {

std::optional<std::tm> broken_down(Time time) {
    const std::time_t seconds =
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm result{};
    if (::localtime_r(&seconds, &result) == nullptr) return std::nullopt;
    return result;
}

struct Unit {
    std::string_view name;
    std::int64_t seconds;
};
constexpr std::array<Unit, 5> kUnits{{{"y", 31'557'600}, {"d", 86'400}, {"h", 3'600}, {"min", 60}, {"s", 1}}};

}  // namespace

std::string date_and_time(Time time) {
    const auto parts = broken_down(time);
    std::array<char, 64> text{};
    return parts && std::strftime(text.data(), text.size(), "%a %F %T %Z", &*parts) > 0 ? text.data() : "?";
}

std::string short_time(Time time) {
    const auto parts = broken_down(time);
    std::array<char, 64> text{};
    return parts && std::strftime(text.data(), text.size(), "%b %d %T", &*parts) > 0 ? text.data() : "?";
}

std::string span_text(Micros span) {
    using namespace std::chrono_literals;
    if (span <= 0us) return "0s";
    if (span < 1s) return std::format("{}ms", span / 1ms);
    const std::int64_t whole = span / 1s;
    const std::int64_t tenths = span % 1s / 100ms;
    if (whole < 10) return tenths == 0 ? std::format("{}s", whole) : std::format("{}.{}s", whole, tenths);

    std::size_t first = 0;
    while (whole < kUnits[first].seconds)
        ++first;
    std::string text = std::format("{}{}", whole / kUnits[first].seconds, kUnits[first].name);
    if (first + 1 < kUnits.size()) {
        const std::int64_t rest = whole % kUnits[first].seconds / kUnits[first + 1].seconds;
        if (rest != 0) text += std::format(" {}{}", rest, kUnits[first + 1].name);
    }
    return text;
}

std::string ago(Time time, Time now) {
    using namespace std::chrono_literals;
    return now - time < 1s ? "just now" : span_text(now - time) + " ago";
}

}  // namespace rs::ctl
