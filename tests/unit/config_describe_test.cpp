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

}  // namespace
}  // namespace rs
