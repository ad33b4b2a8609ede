#include "supervisor/ctl/text.hpp"

#include <gtest/gtest.h>

#include "supervisor/ctl/table.hpp"
#include "supervisor/ctl/times.hpp"

namespace rs::ctl {
namespace {

using namespace std::chrono_literals;

constexpr Style kUtf8{.width = 0, .colour = false, .symbols = true, .utf8 = true};
constexpr Style kAscii{.width = 0, .colour = false, .symbols = false, .utf8 = false};

TEST(HarmlessText, ShowsControlCharactersInsteadOfSendingThem) {
    EXPECT_EQ(harmless("a\x1b[31mb", true), "a\\x1b[31mb");
    EXPECT_EQ(harmless("a\nb\tc\r", true), "a\\x0ab\\x09c\\x0d");
    EXPECT_EQ(harmless("\x7f", true), "\\x7f");
    EXPECT_EQ(harmless(std::string_view("a\0b", 3), true), "a\\x00b");
    EXPECT_EQ(harmless("\u009b2J", true), "\\xc2\\x9b2J");
}

TEST(HarmlessText, ShowsBytesThatAreNoUtf8) {
    EXPECT_EQ(harmless("a\xff", true), "a\\xff");
    EXPECT_EQ(harmless("\xe2\x82", true), "\\xe2\\x82");
    EXPECT_EQ(harmless("\xc0\x9b", true), "\\xc0\\x9b");
}

TEST(HarmlessText, ShowsWhatReordersOrHides) {
    EXPECT_EQ(harmless("\u202egnp", true), "\\u{202e}gnp");
    EXPECT_EQ(harmless("a\u200bb", true), "a\\u{200b}b");
    EXPECT_EQ(harmless("a\u2028b", true), "a\\u{2028}b");
    EXPECT_EQ(harmless("\ufeff", true), "\\u{feff}");
}

TEST(HarmlessText, LeavesACombiningCharacterOnItsBaseOnly) {
    EXPECT_EQ(harmless("a\u0301", true), "a\u0301");
    EXPECT_EQ(harmless("\u0301a", true), "\\u{301}a");
    EXPECT_EQ(harmless("\n\u0301", true), "\\x0a\\u{301}");
    EXPECT_EQ(harmless("a\u0301\u0301\u0301\u0301", true), "a\u0301\u0301\u0301\\u{301}");
}

TEST(HarmlessText, IsAsciiWhereTheTerminalIs) {
    EXPECT_EQ(harmless("Käse 日本 a\u0301", false), "K?se ?? a");
}

TEST(HarmlessText, DoesNotChangeWhenItIsMadeHarmlessAgain) {
    const std::string once = harmless("\x1b[0m\u202e\xff \u0301", true);
    EXPECT_EQ(harmless(once, true), once);
}

TEST(Columns, CountWhatATerminalDraws) {
    EXPECT_EQ(columns("abc"), 3U);
    EXPECT_EQ(columns("日本"), 4U);
    EXPECT_EQ(columns("a\u0301b"), 2U);
    EXPECT_EQ(columns(""), 0U);
}

TEST(FittedText, EndsInDotsWhereItIsCut) {
    EXPECT_EQ(fit("abcdef", 6, kUtf8), "abcdef");
    EXPECT_EQ(fit("abcdefg", 6, kUtf8), "abcde…");
    EXPECT_EQ(fit("abcdefg", 6, kAscii), "abc...");
    EXPECT_EQ(fit("abcdefg", 2, kAscii), "ab");
    EXPECT_EQ(fit("abcdefg", 0, kUtf8), "");
}

TEST(FittedText, IsCutBetweenCharacters) {
    EXPECT_EQ(fit("日本語", 5, kUtf8), "日本…");
    EXPECT_EQ(fit("日本語", 4, kUtf8), "日…");
    EXPECT_EQ(fit("a\u0301bc", 2, kUtf8), "a\u0301…");
}

TEST(RenderedLine, IsCutOnceAcrossItsSpans) {
    Style style = kUtf8;
    style.width = 6;
    EXPECT_EQ(render(Line{{"abc"}, {"def"}, {"ghi"}}, style), "abcde…\n");
    EXPECT_EQ(render(Line{{"abc"}, {"def"}}, style), "abcdef\n");
    EXPECT_EQ(render(Line{{"abc"}, {"def"}, {"   "}}, style), "abcdef\n");
    EXPECT_EQ(render(Line{{"abc  "}, {"  "}}, style), "abc\n");
}

TEST(RenderedLine, ColoursEachSpanAndEndsEachColour) {
    Style style = kUtf8;
    style.colour = true;
    EXPECT_EQ(render(Line{{"a"}, {"b", Tone::good}, {"c", Tone::plain}}, style), "a\x1b[32mb\x1b[0mc\n");
}

TEST(RenderedLine, CannotBeColouredByItsText) {
    Style style = kUtf8;
    style.colour = true;
    EXPECT_EQ(render(Line{{"\x1b[31mred"}}, style), "\\x1b[31mred\n");
}

TEST(Table, ShrinksTheFlexibleColumnFirst) {
    Style style = kUtf8;
    style.width = 12;
    const auto lines = table({{"A"}, {"TEXT", Column::Kind::flexible}}, {{{"abcd"}, {"abcdefghij"}}}, style);
    EXPECT_EQ(render(lines, style), "A     TEXT\nabcd  abcde…\n");
}

TEST(Table, LeavesSpareColumnsOutForAFlexibleOne) {
    Style style = kUtf8;
    style.width = 30;
    const std::vector<Column> titles{{"A"},
                                     {.title = "FIRST", .spare = 2},
                                     {.title = "SECOND", .spare = 1},
                                     {"TEXT", Column::Kind::flexible}};
    const std::vector<std::vector<Span>> rows{{{"a"}, {"1"}, {"2"}, {"a text of thirty-one characters"}}};
    EXPECT_EQ(render(table(titles, rows, style), style), "A  TEXT\na  a text of thirty-one chara…\n");
    style.width = 37;
    EXPECT_EQ(render(table(titles, rows, style), style),
              "A  SECOND  TEXT\na  2       a text of thirty-one char…\n");
}

TEST(Table, AlignsNumbersOnTheRight) {
    const auto lines =
        table({{"PID", Column::Kind::number}, {"X"}}, {{{"7"}, {"a"}}, {{"1234"}, {"b"}}}, kUtf8);
    EXPECT_EQ(render(lines, kUtf8), " PID  X\n   7  a\n1234  b\n");
}

TEST(Table, MeasuresWideCharacters) {
    const auto lines = table({{"N"}, {"X"}}, {{{"日本"}, {"a"}}, {{"abc"}, {"b"}}}, kUtf8);
    EXPECT_EQ(render(lines, kUtf8), "N     X\n日本  a\nabc   b\n");
}

TEST(Spans, AreToldInTheTwoUnitsThatMatter) {
    EXPECT_EQ(span_text(-5s), "0s");
    EXPECT_EQ(span_text(350ms), "350ms");
    EXPECT_EQ(span_text(1s), "1s");
    EXPECT_EQ(span_text(1250ms), "1.2s");
    EXPECT_EQ(span_text(45s), "45s");
    EXPECT_EQ(span_text(200s), "3min 20s");
    EXPECT_EQ(span_text(2h), "2h");
    EXPECT_EQ(span_text(2h + 3min + 4s), "2h 3min");
    EXPECT_EQ(span_text(51h), "2d 3h");
}

TEST(Spans, SinceAMomentAheadAreJustNow) {
    const Time now{1000s};
    EXPECT_EQ(ago(Time{1005s}, now), "just now");
    EXPECT_EQ(ago(Time{940s}, now), "1min ago");
}

}  // namespace
}  // namespace rs::ctl
