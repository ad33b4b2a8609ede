// The [policy] table: what it may hold, and where it is wrong.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "supervisor/config/parse.hpp"

namespace rs {
namespace {

std::expected<Config, Diagnostic> parse(const std::string& lines) {
    return parse_config("[proxy]\ncommand = ['/bin/true']\n[policy]\n" + lines, "c.toml");
}

std::string trouble(const std::string& lines) {
    const auto config = parse(lines);
    return config ? "none" : config.error().text();
}

TEST(PolicyTable, IsReadIntoTypes) {
    const auto config = parse(R"(profile = "nginx"
allow = ["chroot", "@chown"]
deny = ["chmod"]
capabilities = ["CAP_NET_BIND_SERVICE", "CAP_CHOWN"]
landlock = "enforce"
read = ["/data", "${XDG_DATA_HOME}/www"]
tcp_bind = []
tcp_connect = [80, 65535]
)");
    ASSERT_TRUE(config) << config.error().text();
    PolicyConfig wanted;
    wanted.profile = "nginx";
    wanted.allow = {"chroot", "@chown"};
    wanted.deny = {"chmod"};
    wanted.capabilities = 1U << 10U | 1U << 0U;
    wanted.landlock = LandlockMode::enforce;
    wanted.read = {{"/data", "${XDG_DATA_HOME}/www"}};
    wanted.tcp_bind.emplace();
    wanted.tcp_connect = {{80, 65535}};
    EXPECT_TRUE(config->policy == wanted);
}

TEST(PolicyTable, LeavesEverythingToTheProfileByDefault) {
    const auto config = parse("");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_TRUE(config->policy == PolicyConfig{});
    EXPECT_FALSE(config->policy.read || config->policy.tcp_bind);
}

TEST(PolicyTable, NamesMisspeltWordsWithWhatWasMeant) {
    EXPECT_EQ(trouble("allow = [\"read\",\n  \"opnat\"]"),
              "c.toml:5:3: 'opnat' is no system call; did you mean 'openat'?");
    EXPECT_EQ(trouble("deny = [\"@timr\"]"),
              "c.toml:4:9: '@timr' is no group of system calls; did you mean '@timer'?");
    EXPECT_EQ(trouble("capabilities = [\"CAP_NET_BIND_SERVIC\"]"),
              "c.toml:4:17: 'CAP_NET_BIND_SERVIC' is no capability; did you mean 'CAP_NET_BIND_SERVICE'?");
    EXPECT_EQ(trouble("landlock = \"enforced\""),
              "c.toml:4:12: 'landlock' cannot be \"enforced\"; did you mean \"enforce\"?");
    EXPECT_EQ(trouble("landlok = \"off\""),
              "c.toml:4:1: unknown key 'landlok' in [policy]; did you mean 'landlock'?");
}

// file_setattr is of Linux 6.17: a warning comes when the policy is made.
TEST(PolicyTable, TakesCallsOfNewerKernelsAndOfOtherArchitectures) {
    EXPECT_EQ(trouble("allow = [\"file_setattr\", \"mmap2\"]"), "none");
}

TEST(PolicyTable, RefusesWhatIsNoPathPortOrProfile) {
    EXPECT_EQ(trouble("read = [\"data\"]"),
              "c.toml:4:9: 'read' must hold absolute paths, not \"data\"; write [\"/data/www\"]");
    EXPECT_EQ(trouble("tcp_bind = [65536]"),
              "c.toml:4:13: 'tcp_bind' must hold ports from 0 to 65535; write [2019]");
    EXPECT_EQ(trouble("tcp_connect = 80"),
              "c.toml:4:15: 'tcp_connect' must be an array of ports such as [80, 443], not the integer 80");
    for (const char* name : {"../x", "a/b", "", "/etc/passwd", ".x"}) {
        EXPECT_TRUE(trouble("profile = \"" + std::string{name} + "\"")
                        .starts_with("c.toml:4:11: 'profile' is a profile's name"))
            << name;
    }
}

}  // namespace
}  // namespace rs
