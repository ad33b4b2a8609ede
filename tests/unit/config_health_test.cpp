// The keys about waiting, restarts and health, and what makes no sense together.
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "supervisor/config/parse.hpp"

namespace rs {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

// Lines below [proxy] start at 3.
std::expected<Config, Diagnostic> parsed(const std::string& lines) {
    return parse_config("[proxy]\ncommand = [\"/bin/true\"]\n" + lines + "\n", "x.toml");
}

std::string error_of(const std::string& lines) {
    const auto config = parsed(lines);
    return config ? "accepted" : config.error().text();
}

std::string podman_error(const std::string& line) {
    return error_of("[podman]\n" + line);
}

// Lines start at 5.
std::string health_error(const std::string& lines) {
    return error_of("[health]\ntcp = \"127.0.0.1:80\"\n" + lines);
}

TEST(Config, ReadsHowAProxyIsReplaced) {
    const auto config = parsed(R"(
drain_timeout = "infinity"
restart_limit = 1000
reload_signal = "USR1"
watchdog = "30s"
)");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->proxy.drain_timeout, 0ms);
    EXPECT_EQ(config->proxy.restart_limit, 1000);
    EXPECT_EQ(config->proxy.reload_signal, SIGUSR1);
    EXPECT_EQ(config->proxy.watchdog, 30s);
}

TEST(Config, ReadsWhatIsWaitedFor) {
    const auto config = parsed(R"(
[podman]
wait_for = ["whoami.service", "db@1.service"]
start = true
timeout = "0"
)");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->podman.wait_for, (std::vector<std::string>{"whoami.service", "db@1.service"}));
    EXPECT_TRUE(config->podman.start);
    EXPECT_EQ(config->podman.timeout, 0ms);
}

TEST(Config, ReadsAHealthCheck) {
    const auto config = parsed(R"(
[health]
http = "https://localhost/ready"
unix_socket = "/run/caddy.sock"
expect = 204
inside = false
interval = "100ms"
timeout = "1d"
start_period = "0"
retries = 1
)");
    ASSERT_TRUE(config) << config.error().text();
    const HealthConfig& health = config->health;
    EXPECT_EQ(health.http, "https://localhost/ready");
    EXPECT_EQ(health.unix_socket, "/run/caddy.sock");
    EXPECT_EQ(health.expect, 204);
    EXPECT_FALSE(health.inside);
    EXPECT_EQ(health.interval, 100ms);
    EXPECT_EQ(health.timeout, 24h);
    EXPECT_EQ(health.start_period, 0ms);
    EXPECT_EQ(health.retries, 1);
    EXPECT_TRUE(health.enabled());
}

TEST(Config, ReadsTheOtherProbes) {
    EXPECT_EQ(parsed("[health]\ntcp = \"[::1]:80\"")->health.tcp, "[::1]:80");
    EXPECT_EQ(parsed("[health]\ncommand = [\"/bin/a\", \"b\"]")->health.command,
              (std::vector<std::string>{"/bin/a", "b"}));
    EXPECT_FALSE(parsed("[health]")->health.enabled());
}

TEST(Config, KeepsIntegersInTheirRange) {
    EXPECT_EQ(error_of("restart_limit = 0"), "x.toml:3:17: 'restart_limit' must be from 1 to 1000, not 0");
    EXPECT_EQ(error_of("restart_limit = 9223372036854775807"),
              "x.toml:3:17: 'restart_limit' must be from 1 to 1000, not 9223372036854775807");
    EXPECT_EQ(error_of("restart_limit = \"5\""),
              "x.toml:3:17: 'restart_limit' must be an integer such as 5, not the string \"5\"");
    EXPECT_EQ(error_of("restart_limit = 5.0"),
              "x.toml:3:17: 'restart_limit' must be an integer such as 5, not a float");
    EXPECT_EQ(health_error("retries = 0"), "x.toml:5:11: 'retries' must be from 1 to 1000, not 0");
    EXPECT_EQ(health_error("expect = 99"), "x.toml:5:10: 'expect' must be from 100 to 599, not 99");
}

TEST(Config, ReloadsByNoSignalThatEndsAProxy) {
    for (const char* name : {"SIGTERM", "SIGKILL", "SIGINT", "15", "SIGSEGV"}) {
        EXPECT_TRUE(error_of("reload_signal = \""s + name + "\"")
                        .starts_with("x.toml:3:17: 'reload_signal' cannot be"));
    }
    EXPECT_EQ(
        error_of("reload_signal = \"CHLD\""),
        "x.toml:3:17: 'reload_signal' cannot be \"CHLD\"; it is one of SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH");
    EXPECT_EQ(error_of("reload_signal = \"SIGHUP\"\nstop_signal = \"HUP\""),
              "x.toml:3:1: 'reload_signal' is the same as 'stop_signal', which ends the proxy");
}

TEST(Config, WaitsForUnitsOnly) {
    EXPECT_EQ(podman_error("wait_for = [\"a.service\", \"whoami\"]"),
              "x.toml:4:26: bad unit name \"whoami\" for 'wait_for': the suffix is missing; write "
              "\"whoami.service\"");
    EXPECT_EQ(
        podman_error("wait_for = \"whoami.service\""),
        "x.toml:4:12: 'wait_for' must be an array of unit names such as [\"whoami.service\"], not the string "
        "\"whoami.service\"");
    EXPECT_EQ(
        podman_error("wait_for = [1]"),
        "x.toml:4:13: 'wait_for' must hold strings only, not the integer 1; write [\"whoami.service\"]");
    EXPECT_EQ(podman_error("wait_for = []"), "accepted");
}

TEST(Config, StartsOnlyWhatItWaitsFor) {
    EXPECT_EQ(podman_error("start = true"),
              "x.toml:4:1: 'start' has no effect without 'wait_for', the units to start");
    EXPECT_EQ(podman_error("start = true\nwait_for = []"),
              "x.toml:4:1: 'start' has no effect without 'wait_for', the units to start");
    EXPECT_EQ(podman_error("start = true\nwait_for = [\"a.service\"]"), "accepted");
    EXPECT_EQ(podman_error("start = false"), "accepted");
}

TEST(Config, RefusesABadProbe) {
    EXPECT_EQ(error_of("[health]\nhttp = \"localhost\""),
              "x.toml:4:8: bad URL \"localhost\" for 'http': it must begin with http:// or https://");
    EXPECT_EQ(
        error_of("[health]\ntcp = \"::1:80\""),
        "x.toml:4:7: bad address \"::1:80\" for 'tcp': an IPv6 address stands in brackets, as in [::1]:80");
    EXPECT_EQ(error_of("[health]\ncommand = [\"check\"]"),
              "x.toml:4:12: 'command' must begin with an absolute path, not \"check\"; "
              "write [\"/usr/local/bin/check-proxy\", \"--quick\"]");
    EXPECT_EQ(error_of("[health]\nhttp = \"http://a\"\nunix_socket = \"/" + std::string(107, 'a') + "\""),
              "x.toml:5:15: 'unix_socket' has 108 bytes, but the path of a socket has at most 107");
}

TEST(Config, ProbesInOneWayOnly) {
    EXPECT_EQ(health_error("http = \"http://localhost/\""),
              "x.toml:5:1: 'tcp' and 'http' are two kinds of probe; keep one of them");
    EXPECT_EQ(health_error("interval = \"5s\"\ncommand = [\"/a\"]"),
              "x.toml:6:1: 'tcp' and 'command' are two kinds of probe; keep one of them");
}

TEST(Config, RefusesHealthKeysThatHaveNoEffect) {
    EXPECT_EQ(error_of("[health]\nretries = 3\ninterval = \"5s\""),
              "x.toml:4:1: 'retries' has no effect without a probe; add http, tcp or command to [health]");
    EXPECT_EQ(health_error("unix_socket = \"/run/a\""), "x.toml:5:1: 'unix_socket' goes with 'http' only");
    EXPECT_EQ(health_error("expect = 200"), "x.toml:5:1: 'expect' goes with 'http' only");
}

TEST(Config, ProbesAtAPaceThatHasAnEnd) {
    EXPECT_EQ(health_error("interval = \"99ms\""),
              "x.toml:5:12: 'interval' must be from \"100ms\" to \"1d\", not \"99ms\"");
    EXPECT_EQ(health_error("interval = \"infinity\""),
              "x.toml:5:12: 'interval' must be from \"100ms\" to \"1d\", not \"infinity\"");
    EXPECT_EQ(health_error("timeout = \"0\""),
              "x.toml:5:11: 'timeout' must be from \"100ms\" to \"1d\", not \"0\"");
    EXPECT_EQ(health_error("timeout = \"25h\""),
              "x.toml:5:11: 'timeout' must be from \"100ms\" to \"1d\", not \"25h\"");
    EXPECT_EQ(health_error("start_period = \" infinity \""),
              "x.toml:5:16: 'start_period' must be from \"0\" to \"1d\", not \" infinity \"");
    EXPECT_EQ(health_error("interval = 5"),
              "x.toml:5:12: 'interval' must be a duration such as \"10s\", not the integer 5; write \"5s\"");
}

TEST(Config, NamesEveryTableThatAKeyBelongsIn) {
    EXPECT_EQ(error_of("timeout = \"5s\""),
              "x.toml:3:1: unknown key 'timeout' in [proxy]; it belongs in [podman] or [health]");
}

}  // namespace
}  // namespace rs
