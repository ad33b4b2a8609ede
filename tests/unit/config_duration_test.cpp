#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "supervisor/config/duration.hpp"

namespace rs {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

milliseconds duration_of(std::string_view text) {
    const auto duration = parse_duration(text);
    EXPECT_TRUE(duration.has_value()) << text << ": " << duration.error().message;
    return duration.value_or(-1ms);
}

std::string refusal_of(std::string_view text) {
    const auto duration = parse_duration(text);
    return duration ? "accepted" : duration.error().message;
}

TEST(Duration, CountsAPlainNumberAsSeconds) {
    EXPECT_EQ(duration_of("90"), 90s);
    EXPECT_EQ(duration_of("1min 30"), 90s);
}

TEST(Duration, KnowsEveryUnitOfSystemd) {
    for (const char* unit : {"s", "sec", "second", "seconds"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 2s) << unit;
    for (const char* unit : {"m", "min", "minute", "minutes"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 2min) << unit;
    for (const char* unit : {"h", "hr", "hour", "hours"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 2h) << unit;
    for (const char* unit : {"d", "day", "days"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 48h) << unit;
    for (const char* unit : {"w", "week", "weeks"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 336h) << unit;
    for (const char* unit : {"M", "month", "months"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 5'259'600s) << unit;
    for (const char* unit : {"y", "year", "years"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 63'115'200s) << unit;
    for (const char* unit : {"ms", "msec"})
        EXPECT_EQ(duration_of(std::string("2") + unit), 2ms) << unit;
    for (const char* unit : {"us", "usec", "\u00b5s", "\u03bcs"})
        EXPECT_EQ(duration_of(std::string("2000") + unit), 2ms) << unit;
}

TEST(Duration, AddsSeveralSpansUp) {
    EXPECT_EQ(duration_of("1min 30s"), 90s);
    EXPECT_EQ(duration_of("55s500ms"), 55'500ms);
    EXPECT_EQ(duration_of("300ms20s 5day"), 120h + 20'300ms);
    EXPECT_EQ(duration_of("1s 1s"), 2s);
}

TEST(Duration, AllowsBlanks) {
    EXPECT_EQ(duration_of("  2 h\t"), 2h);
    EXPECT_EQ(duration_of("1 min  30 s"), 90s);
}

TEST(Duration, ReadsFractions) {
    EXPECT_EQ(duration_of("1.5s"), 1500ms);
    EXPECT_EQ(duration_of("0.25"), 250ms);
    EXPECT_EQ(duration_of("2.5h"), 150min);
}

TEST(Duration, TakesInfinityAndZeroForEver) {
    for (const char* text : {"infinity", " infinity ", "0", "0s", "0ms", "0h 0min", "0.0"})
        EXPECT_EQ(duration_of(text), 0ms) << text;
}

TEST(Duration, NeverRoundsSomethingDownToForEver) {
    EXPECT_EQ(duration_of("1us"), 1ms);
    EXPECT_EQ(duration_of("0.000001s"), 1ms);
    EXPECT_EQ(duration_of("1001us"), 2ms);
}

TEST(Duration, RefusesNegativeSpans) {
    EXPECT_EQ(refusal_of("-5s"), "a time span cannot be negative");
    EXPECT_EQ(refusal_of("1min -5s"), "a time span cannot be negative");
}

TEST(Duration, RefusesMoreThanAHundredYears) {
    const std::string message = "longer than 100 years; write \"infinity\" for no limit";
    EXPECT_EQ(duration_of("99y"), 99 * 31'557'600s);
    EXPECT_EQ(refusal_of("101y"), message);
    EXPECT_EQ(refusal_of("60y 60y"), message);
    EXPECT_EQ(refusal_of("18446744073709551615us"), message);
    EXPECT_EQ(refusal_of("18446744073709551616us"), message);
    EXPECT_EQ(refusal_of("584943y"), message);  // about 2^64 microseconds: 1s after the wrap
    EXPECT_EQ(refusal_of("9223372036854775808"), message);
    EXPECT_EQ(refusal_of(std::string(100'000, '9') + "y"), message);
}

TEST(Duration, RefusesUnknownUnits) {
    EXPECT_EQ(refusal_of("10x"), "unknown unit 'x'; use ms, s, min, h or d");
    EXPECT_EQ(refusal_of("10 secs"), "unknown unit 'secs'; did you mean 'sec'?");
    EXPECT_EQ(refusal_of("10Min"), "unknown unit 'Min'; did you mean 'min'?");
    EXPECT_EQ(refusal_of("10s5ss5"), "unknown unit 'ss'; use ms, s, min, h or d");
}

TEST(Duration, RefusesWhatIsNoNumber) {
    EXPECT_EQ(refusal_of(""), "it is empty");
    EXPECT_EQ(refusal_of(" \t"), "it is empty");
    EXPECT_EQ(refusal_of("soon"), "expected a number at 'soon'");
    EXPECT_EQ(refusal_of("1s infinity"), "expected a number at 'infinity'");
    EXPECT_EQ(refusal_of("+5s"), "expected a number at '+5s'");
    EXPECT_EQ(refusal_of("1,5s"), "expected a number at ',5s'");
    EXPECT_EQ(refusal_of("1.s"), "expected digits after the point in '1.s'");
    EXPECT_EQ(refusal_of("12.34.56"), "expected a number at '.56'");
    EXPECT_EQ(refusal_of(std::string_view("1\0s", 3)), "expected a number at '\\x00s'");
}

}  // namespace
}  // namespace rs
