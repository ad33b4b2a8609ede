#include "supervisor/ctl/screen.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <format>
#include <sstream>

#include "tests/unit/ctl_golden.hpp"

namespace rs::ctl {
namespace {

constexpr Style kTerminal{.width = 80, .colour = false, .symbols = true, .utf8 = true};

Style wide(Style style, std::size_t width) {
    style.width = width;
    return style;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

class Screen : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
};

TEST_P(Screen, IsTheOneThatWasAgreedOn) {
    const Status status = golden::status(GetParam());
    for (const std::size_t width : {80U, 132U}) {
        const Style style = wide(kTerminal, width);
        const std::string text = render(screen(status, golden::kNow, style), style);
        golden::expect(std::format("{}.{}.txt", GetParam(), width), text);
    }
    const Style plain{.width = 80, .colour = false, .symbols = false, .utf8 = false};
    golden::expect(std::format("{}.ascii.txt", GetParam()),
                   render(screen(status, golden::kNow, plain), plain));
}

TEST_P(Screen, IsNeverWiderThanTheTerminal) {
    const Status status = golden::status(GetParam());
    for (std::size_t width = 1; width < 200; ++width) {
        const Style style = wide(kTerminal, width);
        for (const std::string& line : lines_of(render(screen(status, golden::kNow, style), style)))
            ASSERT_LE(columns(line), width) << line;
    }
}

TEST_P(Screen, HoldsNothingThatATerminalObeys) {
    for (const bool utf8 : {false, true}) {
        const Style style{.width = 0, .colour = false, .symbols = false, .utf8 = utf8};
        const std::string text = render(screen(golden::status(GetParam()), golden::kNow, style), style);
        EXPECT_FALSE(
            std::ranges::any_of(text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
        EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
        EXPECT_EQ(text.find("\u202e"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(Statuses, Screen,
                         ::testing::Values("healthy", "waiting", "replacing", "backoff", "held", "hostile"),
                         [](const auto& tested) { return std::string{tested.param}; });

TEST(ScreenOfAHealthyService, FitsATerminalOf24Lines) {
    const std::string text = render(screen(golden::status("healthy"), golden::kNow, kTerminal), kTerminal);
    EXPECT_LE(lines_of(text).size(), 24U);
}

TEST(ScreenOfAService, NamesTheHostInItsNextCommand) {
    const std::string text =
        render(screen(golden::status("held"), golden::kNow, kTerminal, "-H web1"), kTerminal);
    EXPECT_NE(text.find("supervisorctl -H web1 start caddy"), std::string::npos) << text;
}

TEST(ScreenOfAService, IsColouredOnlyIfTheStyleIs) {
    Style style = kTerminal;
    EXPECT_EQ(render(screen(golden::status("backoff"), golden::kNow, style), style).find('\x1b'),
              std::string::npos);
    style.colour = true;
    EXPECT_NE(
        render(screen(golden::status("backoff"), golden::kNow, style), style).find("\x1b[33mbackoff\x1b[0m"),
        std::string::npos);
}

std::vector<Asked> fleet() {
    std::vector<Asked> services;
    for (const char* name : {"healthy", "waiting", "replacing", "backoff", "held", "hostile"}) {
        Status status = golden::status(name);
        services.push_back({"web1.example.com", status.name, status, "", ""});
    }
    services.push_back({"web2.example.com", "haproxy", {}, "not running", "systemctl start haproxy"});
    services.push_back(
        {"web3.example.com", "", {}, "unreachable", "ssh: connect to host web3: No route to host"});
    return services;
}

TEST(Overview, IsTheOneThatWasAgreedOn) {
    for (const std::size_t width : {80U, 132U}) {
        const Style style = wide(kTerminal, width);
        golden::expect(std::format("overview.{}.txt", width),
                       render(overview(fleet(), golden::kNow, style), style));
    }
    std::vector<Asked> here = fleet();
    for (Asked& service : here)
        service.host.clear();
    here.pop_back();
    golden::expect("overview.here.txt", render(overview(here, golden::kNow, kTerminal), kTerminal));
}

TEST(Overview, IsNeverWiderThanTheTerminal) {
    for (std::size_t width = 1; width < 200; ++width) {
        const Style style = wide(kTerminal, width);
        for (const std::string& line : lines_of(render(overview(fleet(), golden::kNow, style), style)))
            ASSERT_LE(columns(line), width) << line;
    }
}

TEST(Overview, IsNotCutWhereThereIsNoWidth) {
    const Style style{.width = 0, .colour = false, .symbols = false, .utf8 = true};
    const std::string text = render(overview(fleet(), golden::kNow, style), style);
    EXPECT_NE(text.find("ssh: connect to host web3: No route to host"), std::string::npos);
    EXPECT_EQ(text.find("..."), std::string::npos);
}

}  // namespace
}  // namespace rs::ctl
