// What a probe is as a command, and how its failure is told.
#include <gtest/gtest.h>

#include "supervisor/health/probe.hpp"

namespace rs {
namespace {

using namespace std::chrono_literals;
using Arguments = std::vector<std::string>;

constexpr ProcessEnd kFailed{.by_signal = false, .value = 1};

ProbeCommand http_probe() {
    HealthConfig config;
    config.http = "http://127.0.0.1:8080/";
    return probe_command(config, "/p");
}

TEST(ProbeCommand, NamesWhatIsToBeProbed) {
    HealthConfig config;
    config.http = "https://www.example.com/ready";
    EXPECT_EQ(probe_command(config, "/p").argv,
              (Arguments{"/p", "--timeout-ms=3000", "https://www.example.com/ready"}));
    config.expect = 204;
    config.unix_socket = "/run/a.sock";
    EXPECT_EQ(probe_command(config, "/p").argv,
              (Arguments{"/p", "--timeout-ms=3000", "--expect=204", "--unix-socket=/run/a.sock",
                         "https://www.example.com/ready"}));

    HealthConfig tcp;
    tcp.tcp = "[::1]:80";
    tcp.timeout = 500ms;
    EXPECT_EQ(probe_command(tcp, "/p").argv, (Arguments{"/p", "--timeout-ms=500", "tcp://[::1]:80"}));
}

TEST(ProbeCommand, IsTheUsersOwnIfThereIsOne) {
    HealthConfig config;
    config.command = {"/usr/bin/check", "-q"};
    EXPECT_EQ(probe_command(config, "/p").argv, (Arguments{"/usr/bin/check", "-q"}));
    EXPECT_FALSE(probe_command(config, "/p").ours);
}

TEST(ProbeFailure, IsWhatTheProbeProgramSays) {
    EXPECT_EQ(failure_text(http_probe(), kFailed, "GET http://a/: status 502"), "GET http://a/: status 502");
}

TEST(ProbeFailure, NamesTheCommandAndItsEnd) {
    const ProbeCommand command{.argv = {"/usr/bin/check", "-q"}, .ours = false};
    EXPECT_EQ(failure_text(command, kFailed, "no route"), "/usr/bin/check exited with status 1: no route");
    EXPECT_EQ(failure_text(command, kFailed, ""), "/usr/bin/check exited with status 1");
    EXPECT_EQ(failure_text(http_probe(), {.by_signal = true, .value = SIGSYS}, ""),
              "/p was killed by SIGSYS");
    EXPECT_EQ(timeout_text(command, 500ms, "asking"),
              "/usr/bin/check was killed after 500 ms without a result: asking");
}

std::string last_line(std::initializer_list<std::string> pieces) {
    LastLine line;
    for (const auto& piece : pieces)
        line.add(piece);
    return line.text();
}

TEST(LastLine, IsTheLastOneWithText) {
    EXPECT_EQ(last_line({}), "");
    EXPECT_EQ(last_line({"\n \n"}), "");
    EXPECT_EQ(last_line({"one\ntwo\n"}), "two");
    EXPECT_EQ(last_line({"one\nt", "w", "o\r\n\n"}), "two");
    EXPECT_EQ(last_line({"one"}), "one");
}

TEST(LastLine, IsOneLineForTheJournalWhateverTheProbePrints) {
    EXPECT_EQ(last_line({"a\x1b[31mb\n"}), "a\\x1b[31mb");
    EXPECT_EQ(last_line({std::string(500, 'a') + "\n"}), std::string(300, 'a') + "...");
    EXPECT_EQ(last_line({std::string(1'000'000, 'a'), "\nend"}), "end");
}

}  // namespace
}  // namespace rs
