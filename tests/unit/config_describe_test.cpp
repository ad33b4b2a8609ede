#include "supervisor/config/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/config/parse.hpp"

namespace rs {
namespace {

TEST(Describe, NamesEveryKeyOfTheParserInItsOrder) {
    std::vector<std::string> described;
    for (const auto& entry : entries(Config{}))
        described.push_back(entry.first);
    std::vector<std::string> parsed;
    for (const auto& key : config_keys())
        parsed.push_back(std::string{key.section} + "." + std::string{key.key});
    EXPECT_EQ(described, parsed);
}

TEST(Describe, SaysWhatDiffers) {
    Config before;
    Config after;
    EXPECT_THAT(difference(before, after), testing::IsEmpty());
    after.proxy.stop_timeout = std::chrono::seconds{20};
    after.proxy.command = {"/bin/caddy", "run"};
    after.podman.dns = false;
    EXPECT_THAT(difference(before, after),
                testing::ElementsAre(R"(proxy.command: [] -> ["/bin/caddy", "run"])",
                                     R"(proxy.stop_timeout: "10s" -> "20s")", "podman.dns: true -> false"));
}

TEST(Describe, TellsNoTimeFromNoEnd) {
    Config before;
    Config after;
    after.proxy.stop_timeout = {};
    before.proxy.watchdog = std::chrono::seconds{1};
    before.health.start_period = std::chrono::seconds{1};
    EXPECT_THAT(difference(before, after), testing::ElementsAre(R"(proxy.stop_timeout: "10s" -> "infinity")",
                                                                R"(proxy.watchdog: "1s" -> "0s")",
                                                                R"(health.start_period: "1s" -> "0s")"));
}

// Whatever a file says, the text of what holds says it, too: nothing is left to compare.
TEST(Describe, WritesAConfigurationThatReadsTheSame) {
    const auto before = parse_config(R"([proxy]
command = ["/bin/caddy", "a \"quoted\" \\ word", "tab\there"]
reload_signal = "SIGUSR1"
watchdog = "1500ms"
stop_timeout = "infinity"
[podman]
network = "mynet"
wait_for = ["whoami.service"]
[health]
http = "http://localhost/"
expect = 204
)",
                                     "before");
    ASSERT_TRUE(before) << before.error().text();
    const std::string text = toml_text(*before);
    const auto after = parse_config(text, "after");
    ASSERT_TRUE(after) << after.error().text() << "\n" << text;
    EXPECT_EQ(entries(*after), entries(*before));
    EXPECT_THAT(text, testing::HasSubstr("\n#runroot = \"\"\n"));
}

TEST(Describe, WritesTheDefaultsAsAConfiguration) {
    Config config;
    config.proxy.command = {"/bin/caddy"};
    const auto after = parse_config(toml_text(config), "after");
    ASSERT_TRUE(after) << after.error().text();
    EXPECT_EQ(entries(*after), entries(config));
}

}  // namespace
}  // namespace rs
