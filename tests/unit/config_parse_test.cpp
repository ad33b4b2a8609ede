#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "supervisor/config/parse.hpp"

namespace rs {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::string_view kCommand = "[proxy]\ncommand = [\"/bin/true\"]\n";

Config config_of(const std::string& text) {
    auto config = parse_config(text, "x.toml");
    EXPECT_TRUE(config.has_value()) << config.error().text();
    return config.value_or(Config{});
}

// The diagnostic, which must be a single line whatever else it says.
std::string error_of(std::string_view text) {
    const auto config = parse_config(text, "x.toml");
    if (config) return "accepted";
    EXPECT_FALSE(config.error().text().contains('\n')) << config.error().text();
    return config.error().text();
}

std::string proxy_error(const std::string& line) {
    return error_of(std::string(kCommand) + line + "\n");
}

std::string command_error(const std::string& value) {
    return error_of("[proxy]\ncommand = " + value + "\n");
}

std::string podman_error(const std::string& line) {
    return error_of(std::string(kCommand) + "[podman]\n" + line + "\n");
}

TEST(Config, NeedsOnlyACommand) {
    const Config config = config_of(std::string(kCommand));
    EXPECT_EQ(config.proxy.command, std::vector<std::string>{"/bin/true"});
    EXPECT_EQ(config.proxy.ready, Readiness::notify);
    EXPECT_EQ(config.proxy.stop_signal, SIGTERM);
    EXPECT_EQ(config.proxy.start_timeout, 60s);
    EXPECT_EQ(config.proxy.stop_timeout, 10s);
    EXPECT_EQ(config.podman.runtime_dir, "");
    EXPECT_EQ(config.podman.runroot, "");
    EXPECT_EQ(config.podman.network, "");
    EXPECT_TRUE(config.podman.dns);
}

TEST(Config, ReadsEveryKey) {
    const Config config = config_of(R"(
[proxy]
command = ["/usr/sbin/nginx", "-g", "daemon off;", ""]
ready = "exec"
stop_signal = "SIGQUIT"
start_timeout = "1min 30s"
stop_timeout = "infinity"
[podman]
runtime_dir = "/run/user/1001"
runroot = "/var/tmp/podman"
network = "my-net_1.example"
dns = false
)");
    EXPECT_EQ(config.proxy.command, (std::vector<std::string>{"/usr/sbin/nginx", "-g", "daemon off;", ""}));
    EXPECT_EQ(config.proxy.ready, Readiness::exec);
    EXPECT_EQ(config.proxy.stop_signal, SIGQUIT);
    EXPECT_EQ(config.proxy.start_timeout, 90s);
    EXPECT_EQ(config.proxy.stop_timeout, 0ms);
    EXPECT_EQ(config.podman.runtime_dir, "/run/user/1001");
    EXPECT_EQ(config.podman.runroot, "/var/tmp/podman");
    EXPECT_EQ(config.podman.network, "my-net_1.example");
    EXPECT_FALSE(config.podman.dns);
}

TEST(Config, AcceptsTheOtherWaysToWriteTables) {
    EXPECT_EQ(config_of("proxy.command = ['/a']\nproxy.stop_timeout = '3s'").proxy.stop_timeout, 3s);
    EXPECT_EQ(config_of("proxy = { command = ['/a'] }\npodman = { network = 'n' }").podman.network, "n");
    EXPECT_EQ(config_of("\xef\xbb\xbf[proxy]\r\ncommand = ['/a']\r\n").proxy.command.front(), "/a");
}

// --- unknown names ---

TEST(Config, SuggestsTheNearestKey) {
    EXPECT_EQ(error_of("[proxy]\ncomand = ['/a']"),
              "x.toml:2:1: unknown key 'comand' in [proxy]; did you mean 'command'?");
    EXPECT_EQ(podman_error("  Netwerk = 3"),
              "x.toml:4:3: unknown key 'Netwerk' in [podman]; did you mean 'network'?");
}

TEST(Config, ListsTheKeysWhenNoneIsNear) {
    EXPECT_EQ(proxy_error("user = 'test'"),
              "x.toml:3:1: unknown key 'user' in [proxy]; its keys are command, ready, stop_signal, "
              "start_timeout, stop_timeout, drain_timeout, restart_limit, reload_signal, watchdog");
    EXPECT_EQ(podman_error("[podman.deep]"),
              "x.toml:4:9: unknown key 'deep' in [podman]; its keys are runtime_dir, runroot, network, dns, "
              "wait_for, start, timeout");
}

TEST(Config, SaysWhichTableAKeyBelongsIn) {
    EXPECT_EQ(proxy_error("network = 'n'"),
              "x.toml:3:1: unknown key 'network' in [proxy]; it belongs in [podman]");
    EXPECT_EQ(error_of("command = ['/a']"),
              "x.toml:1:1: key 'command' stands in no table; it belongs in [proxy] or [health]");
    EXPECT_EQ(error_of("x = 1"),
              "x.toml:1:1: key 'x' stands in no table; the tables are proxy, podman, health, policy");
}

TEST(Config, SuggestsTheNearestTable) {
    EXPECT_EQ(error_of("[proxi]\ncommand = ['/a']"),
              "x.toml:1:2: unknown table [proxi]; did you mean [proxy]?");
    EXPECT_EQ(error_of("[[service]]"),
              "x.toml:1:3: unknown table [service]; the tables are proxy, podman, health, policy");
}

TEST(Config, WantsATableWhereATableBelongs) {
    EXPECT_EQ(error_of("proxy = '/usr/bin/caddy'"),
              "x.toml:1:1: 'proxy' is a table; write [proxy] on a line of its own, its keys below");
    EXPECT_EQ(error_of("[[proxy]]\ncommand = ['/a']"),
              "x.toml:1:3: the table is written [proxy] and only once, not [[proxy]]");
}

TEST(Config, ReportsTheFirstErrorInTheFile) {
    EXPECT_EQ(error_of("[podman]\nzzz = 1\n[proxy]\naaa = 1\n"),
              "x.toml:2:1: unknown key 'zzz' in [podman]; its keys are runtime_dir, runroot, network, dns, "
              "wait_for, start, timeout");
    EXPECT_EQ(error_of("[podman]\ndns = 1\n[a]\n"),
              "x.toml:2:7: 'dns' must be a boolean such as true, not the integer 1");
}

TEST(Config, EscapesAndShortensAKeyInItsMessage) {
    EXPECT_EQ(error_of("[proxy]\n\"a\\n\\u001b\" = 1"),
              "x.toml:2:1: unknown key 'a\\x0a\\x1b' in [proxy]; its keys are command, ready, stop_signal, "
              "start_timeout, stop_timeout, drain_timeout, restart_limit, reload_signal, watchdog");
    EXPECT_EQ(error_of(std::string(100'000, 'k') + " = 1"),
              "x.toml:1:1: key '" + std::string(60, 'k') +
                  "...' stands in no table; the tables are proxy, podman, health, policy");
}

// --- wrong types ---

TEST(Config, SaysWhatItExpectedAndWhatItFound) {
    EXPECT_EQ(proxy_error("ready = 3"),
              "x.toml:3:9: 'ready' must be a string such as \"notify\", not the integer 3");
    EXPECT_EQ(proxy_error("ready = 1.5"),
              "x.toml:3:9: 'ready' must be a string such as \"notify\", not a float");
    EXPECT_EQ(proxy_error("stop_signal = 15"),
              "x.toml:3:15: 'stop_signal' must be a signal's name such as \"SIGTERM\", not the integer 15");
    EXPECT_EQ(podman_error("network = ['a']"),
              "x.toml:4:11: 'network' must be a network's name such as \"mynet\", not an array");
    EXPECT_EQ(
        podman_error("runtime_dir = 2026-01-01"),
        "x.toml:4:15: 'runtime_dir' must be an absolute path such as \"/run/user/1000\", not a date or time");
    EXPECT_EQ(
        podman_error("runroot = {}"),
        "x.toml:4:11: 'runroot' must be an absolute path such as \"/run/user/1000/containers\", not a table");
    EXPECT_EQ(podman_error("network = true"),
              "x.toml:4:11: 'network' must be a network's name such as \"mynet\", not the boolean true");
}

TEST(Config, TurnsAnIntegerIntoADuration) {
    EXPECT_EQ(
        proxy_error("stop_timeout = 10"),
        "x.toml:3:16: 'stop_timeout' must be a duration such as \"10s\", not the integer 10; write \"10s\"");
    EXPECT_EQ(proxy_error("start_timeout = -1"),
              "x.toml:3:17: 'start_timeout' must be a duration such as \"60s\", not the integer -1");
}

TEST(Config, TurnsYesIntoTrue) {
    EXPECT_EQ(podman_error("dns = \"yes\""),
              "x.toml:4:7: 'dns' must be a boolean such as true, not the string \"yes\"; write true");
    EXPECT_EQ(podman_error("dns = \"false\""),
              "x.toml:4:7: 'dns' must be a boolean such as true, not the string \"false\"; write false");
    EXPECT_EQ(podman_error("dns = \"maybe\""),
              "x.toml:4:7: 'dns' must be a boolean such as true, not the string \"maybe\"");
}

// --- values ---

TEST(Config, RefusesACommandThatCannotBeRun) {
    EXPECT_EQ(command_error("[]"),
              "x.toml:2:11: 'command' is empty; write [\"/usr/local/bin/caddy\", \"run\"]");
    EXPECT_EQ(
        command_error("\"/usr/bin/caddy run\""),
        "x.toml:2:11: 'command' must be an array of strings such as [\"/usr/local/bin/caddy\", \"run\"], "
        "not the string \"/usr/bin/caddy run\"");
    EXPECT_EQ(command_error("[\"caddy\", \"run\"]"),
              "x.toml:2:12: 'command' must begin with an absolute path, not \"caddy\"; "
              "write [\"/usr/local/bin/caddy\", \"run\"]");
    EXPECT_EQ(command_error("[\"\"]"),
              "x.toml:2:12: 'command' must begin with an absolute path, not \"\"; "
              "write [\"/usr/local/bin/caddy\", \"run\"]");
}

TEST(Config, PointsAtTheArgumentThatIsWrong) {
    EXPECT_EQ(command_error("[\"/a\",\n    8080]"),
              "x.toml:3:5: 'command' must hold strings only, not the integer 8080; "
              "write [\"/usr/local/bin/caddy\", \"run\"]");
    EXPECT_EQ(command_error("[\"/a\", \"b\\u0000c\"]"), "x.toml:2:18: 'command' must not hold a NUL byte");
}

TEST(Config, TellsWhereTheCommandIsMissing) {
    EXPECT_EQ(error_of("# nothing\n\n[proxy]\nready = \"exec\"\n"),
              "x.toml:3:2: [proxy] lacks 'command', which has no default; "
              "write command = [\"/usr/local/bin/caddy\", \"run\"]");
    EXPECT_EQ(error_of(""),
              "x.toml: there is no [proxy] table with the command to run; write [proxy] and below it "
              "command = [\"/usr/local/bin/caddy\", \"run\"]");
}

TEST(Config, RefusesAnUnknownReadiness) {
    EXPECT_EQ(proxy_error("ready = \"notfy\""),
              "x.toml:3:9: 'ready' must be \"notify\" or \"exec\", not \"notfy\"; did you mean \"notify\"?");
    EXPECT_EQ(proxy_error("ready = \"http\""),
              "x.toml:3:9: 'ready' must be \"notify\" or \"exec\", not \"http\"");
}

TEST(Config, TakesSignalsWithAndWithoutPrefix) {
    const auto signal = [](const std::string& name) {
        return config_of(std::string(kCommand) + "stop_signal = \"" + name + "\"").proxy.stop_signal;
    };
    EXPECT_EQ(signal("SIGTERM"), SIGTERM);
    EXPECT_EQ(signal("INT"), SIGINT);
    EXPECT_EQ(signal("QUIT"), SIGQUIT);
    EXPECT_EQ(signal("SIGHUP"), SIGHUP);
    EXPECT_EQ(signal("USR1"), SIGUSR1);
    EXPECT_EQ(signal("SIGUSR2"), SIGUSR2);
    EXPECT_EQ(signal("WINCH"), SIGWINCH);
}

TEST(Config, RefusesSignalsThatAskForNoOrderlyEnd) {
    EXPECT_EQ(proxy_error("stop_signal = \"SIGKILL\""),
              "x.toml:3:15: 'stop_signal' asks for an orderly end, which SIGKILL cannot; it is sent after "
              "stop_timeout anyway");
    EXPECT_EQ(proxy_error("stop_signal = \"sigterm\""),
              "x.toml:3:15: 'stop_signal' cannot be \"sigterm\"; did you mean \"SIGTERM\"?");
    EXPECT_EQ(proxy_error("stop_signal = \"CHLD\""),
              "x.toml:3:15: 'stop_signal' cannot be \"CHLD\"; it is one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, "
              "SIGUSR1, SIGUSR2, SIGWINCH");
    EXPECT_EQ(proxy_error("stop_signal = \"15\""),
              "x.toml:3:15: 'stop_signal' cannot be \"15\"; it is one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, "
              "SIGUSR1, SIGUSR2, SIGWINCH");
}

TEST(Config, RefusesABadDuration) {
    EXPECT_EQ(proxy_error("start_timeout = \"soon\""),
              "x.toml:3:17: bad duration \"soon\" for 'start_timeout': expected a number at 'soon'");
    EXPECT_EQ(
        proxy_error("stop_timeout = \"10 secs\""),
        "x.toml:3:16: bad duration \"10 secs\" for 'stop_timeout': unknown unit 'secs'; did you mean 'sec'?");
}

TEST(Config, RefusesPathsThatAreNotAbsoluteAndPlain) {
    EXPECT_EQ(podman_error("runtime_dir = \"run\""),
              "x.toml:4:15: 'runtime_dir' must be an absolute path such as \"/run/user/1000\", not \"run\"");
    EXPECT_EQ(podman_error("runtime_dir = \"\""),
              "x.toml:4:15: 'runtime_dir' must be an absolute path such as \"/run/user/1000\", not \"\"");
    for (const char* path : {"/run/", "//run", "/run//", "/./run", "/run/.", "/run/../run"}) {
        EXPECT_EQ(
            podman_error("runroot = \""s + path + "\""),
            "x.toml:4:11: 'runroot' must be a path without '.', '..', '//' and a '/' at the end, not \""s +
                path + "\"; did you mean \"/run\"?");
    }
    EXPECT_EQ(podman_error("runroot = \"/a\\u0000b\""), "x.toml:4:11: 'runroot' must not hold a NUL byte");
    EXPECT_EQ(podman_error("runroot = \"/\""), "accepted");
    EXPECT_EQ(podman_error("runroot = \"/a/.b/..c\""), "accepted");
}

TEST(Config, RefusesNetworkNamesThatPodmanRefuses) {
    for (const char* name : {"", "-a", ".a", "_a", "a b", "a/b", "a:b", "größe"}) {
        EXPECT_EQ(
            podman_error("network = \""s + name + "\""),
            "x.toml:4:11: 'network' must be a name that Podman allows (letters, digits, '_', '.', '-', and a "
            "letter or digit first), not \""s +
                name + "\"");
    }
    EXPECT_EQ(podman_error("network = \"0\""), "accepted");
}

}  // namespace
}  // namespace rs
