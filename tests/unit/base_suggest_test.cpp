#include <gtest/gtest.h>

#include <array>

#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"

namespace rs {
namespace {

constexpr std::array<std::string_view, 4> kWords{"start_timeout", "stop_timeout", "stop_signal", "dns"};

TEST(Suggest, CountsTheFourKindsOfEdit) {
    EXPECT_EQ(edit_distance("command", "command"), 0U);
    EXPECT_EQ(edit_distance("comand", "command"), 1U);    // a letter missing
    EXPECT_EQ(edit_distance("commmand", "command"), 1U);  // one too many
    EXPECT_EQ(edit_distance("commond", "command"), 1U);   // another one
    EXPECT_EQ(edit_distance("commnad", "command"), 1U);   // two neighbours swapped
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("", "dns"), 3U);
    EXPECT_EQ(edit_distance("dns", ""), 3U);
}

TEST(Suggest, IgnoresCase) {
    EXPECT_EQ(edit_distance("DNS", "dns"), 0U);
    EXPECT_EQ(nearest("DNS", kWords), "dns");
}

TEST(Suggest, FindsTheNearestOfSeveral) {
    EXPECT_EQ(nearest("stop_timout", kWords), "stop_timeout");
    EXPECT_EQ(nearest("strat_timeout", kWords), "start_timeout");
    EXPECT_EQ(nearest("stopsignal", kWords), "stop_signal");
}

TEST(Suggest, TakesTheFirstOfEquals) {
    constexpr std::array<std::string_view, 2> kEquals{"bat", "cat"};
    EXPECT_EQ(nearest("rat", kEquals), "bat");
}

TEST(Suggest, AllowsOneEditForEveryThreeLetters) {
    constexpr std::array<std::string_view, 1> kSix{"abcdef"};
    EXPECT_EQ(nearest("abcdxx", kSix), "abcdef");
    EXPECT_EQ(nearest("abcxxx", kSix), std::nullopt);
    EXPECT_EQ(nearest("dnx", kWords), "dns");
    EXPECT_EQ(nearest("dxx", kWords), std::nullopt);
}

TEST(Suggest, HasNothingToSayAboutNoWord) {
    EXPECT_EQ(nearest("", kWords), std::nullopt);
    EXPECT_EQ(nearest("dns", {}), std::nullopt);
}

TEST(Text, EscapesWhatATerminalWouldObey) {
    EXPECT_EQ(in_quotes("a\nb\r\t\x1b[31m\x7f"), R"('a\x0ab\x0d\x09\x1b[31m\x7f')");
    EXPECT_EQ(in_quotes("\xc2\x9b"
                        "31m"),
              R"('\xc2\x9b31m')");  // U+009B is ESC [ in one character
    EXPECT_EQ(in_quotes(std::string_view("a\0b", 3)), R"('a\x00b')");
}

TEST(Text, LeavesOtherCharactersAlone) {
    EXPECT_EQ(in_quotes("größe \u00a0\u20ac"), "'größe \u00a0\u20ac'");
    EXPECT_EQ(in_quotes("x", '"'), "\"x\"");
}

TEST(Text, CutsBetweenTwoCharacters) {
    EXPECT_EQ(one_line("abc", 3), "abc");
    EXPECT_EQ(one_line("abcd", 3), "abc...");
    EXPECT_EQ(one_line("aéé", 4), "aé...");  // the second é would end at byte 5
    EXPECT_EQ(one_line("\xbf\xbf\xbf", 2), R"(\xbf\xbf...)");
}

TEST(OneLine, IsWellFormedWhateverItWasMadeOf) {
    EXPECT_EQ(one_line("\xe0\x80\xaf", 99), R"(\xe0\x80\xaf)") << "overlong";
    EXPECT_EQ(one_line("\xed\xa0\x80", 99), R"(\xed\xa0\x80)") << "a surrogate";
    EXPECT_EQ(one_line("\xf4\x90\x80\x80", 99), R"(\xf4\x90\x80\x80)") << "above U+10FFFF";
    EXPECT_EQ(one_line("\xc2\x85", 99), R"(\xc2\x85)") << "a C1 control character";
    EXPECT_EQ(one_line("a\xc3", 99), R"(a\xc3)") << "cut off";
}

}  // namespace
}  // namespace rs
