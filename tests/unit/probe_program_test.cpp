// The probe program as the supervisor runs it, against real servers.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/unit/http_server.hpp"

namespace rs {
namespace {

struct Outcome {
    int status;
    std::string printed;
    bool operator==(const Outcome&) const = default;
};

const Outcome kWell{0, ""};

Outcome run(const std::string& arguments) {
    FILE* pipe = ::popen(("exec " RS_PROBE_PROGRAM " " + arguments + " 2>&1").c_str(), "re");
    Outcome outcome{-1, {}};
    std::array<char, 4096> chunk{};
    while (std::fgets(chunk.data(), chunk.size(), pipe) != nullptr)
        outcome.printed += chunk.data();
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
    return outcome;
}

// A port on which nobody listens: bound a moment ago.
std::string closed_address() {
    return HttpServer{""}.address();
}

TEST(ProbeProgram, IsContentWithAnyStatusBelow400) {
    for (const int status : {200, 204, 301, 399}) {
        const HttpServer server{HttpServer::with_status(status)};
        EXPECT_EQ(run(server.url()), kWell) << status;
    }
    for (const int status : {400, 404, 502, 599}) {
        const HttpServer server{HttpServer::with_status(status)};
        EXPECT_EQ(run(server.url()), (Outcome{1, std::format("GET {}: status {}\n", server.url(), status)}));
    }
}

TEST(ProbeProgram, WantsTheExpectedStatusIfThereIsOne) {
    const HttpServer server{HttpServer::with_status(502)};
    EXPECT_EQ(run("--expect=502 " + server.url()), kWell);
    EXPECT_EQ(run("--expect=200 " + server.url()),
              (Outcome{1, "GET " + server.url() + ": status 502, expected 200\n"}));
}

TEST(ProbeProgram, FollowsNoRedirect) {
    const HttpServer target{HttpServer::with_status(500)};
    const HttpServer server{HttpServer::with_status(302, "Location: " + target.url() + "\r\n")};
    EXPECT_EQ(run("--expect=302 " + server.url()), kWell);
}

TEST(ProbeProgram, AsksNoOtherProxyOnTheWay) {
    const HttpServer server{HttpServer::with_status(200)};
    ::setenv("http_proxy", ("http://" + closed_address()).c_str(), 1);
    EXPECT_EQ(run(server.url()), kWell);
    ::unsetenv("http_proxy");
}

TEST(ProbeProgram, WaitsForNoEndOfALongBody) {
    HttpServer server{"HTTP/1.1 200 OK\r\n\r\n" + std::string(10'000, 'x')};
    server.keep_talking();
    EXPECT_EQ(run(server.url()), kWell);
}

TEST(ProbeProgram, GivesUpInTime) {
    const HttpServer server{""};
    EXPECT_EQ(run("--timeout-ms=200 " + server.url()),
              (Outcome{1, "GET " + server.url() + ": no answer within 200 ms\n"}));
}

TEST(ProbeProgram, SaysWhyItCannotConnect) {
    // TEST-NET-3 (RFC 5737): no host answers, or no route leads there.
    const Outcome nobody = run("--timeout-ms=100 tcp://203.0.113.1:80");
    EXPECT_TRUE(nobody == (Outcome{1, "TCP 203.0.113.1:80: no connection within 100 ms\n"}) ||
                nobody == (Outcome{1, "TCP 203.0.113.1:80: Network is unreachable\n"}))
        << nobody.printed;
    const std::string address = closed_address();
    EXPECT_EQ(run("http://" + address + "/x"),
              (Outcome{1, "GET http://" + address + "/x: Connection refused\n"}));
    EXPECT_EQ(run("tcp://" + address), (Outcome{1, "TCP " + address + ": Connection refused\n"}));
}

TEST(ProbeProgram, SaysWhatIsNoHttp) {
    const HttpServer server{"220 mail.example ESMTP\r\n"};
    EXPECT_EQ(run(server.url()),
              (Outcome{1, "GET " + server.url() + ": Received HTTP/0.9 when not allowed\n"}));
}

TEST(ProbeProgram, IsContentWithAConnectionOverTcp) {
    const HttpServer server{""};
    EXPECT_EQ(run("tcp://" + server.address()), kWell);
}

TEST(ProbeProgram, SpeaksOverAUnixSocket) {
    std::string directory = testing::TempDir() + "probe-XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const std::string path = directory + "/http.sock";
    {
        const HttpServer server{HttpServer::with_status(200), path};
        EXPECT_EQ(run("--unix-socket=" + path + " http://www.example.com/"), kWell);
    }
    EXPECT_EQ(run("--unix-socket=" + path + "x http://www.example.com/"),
              (Outcome{1, "GET http://www.example.com/ on " + path + "x: No such file or directory\n"}));
    std::filesystem::remove_all(directory);
}

TEST(ProbeProgram, RefusesArgumentsThatMakeNoSense) {
    for (const char* arguments : {"", "http://a http://b", "--expect=x http://a", "--timeout-ms=0 http://a",
                                  "--timeout-ms=1s http://a", "--follow http://a", "--expect= http://a"}) {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.status, 64) << arguments;
        EXPECT_TRUE(outcome.printed.contains("Usage: rootless-supervisor-probe")) << outcome.printed;
    }
    EXPECT_EQ(run("ftp://127.0.0.1/").status, 1);
}

}  // namespace
}  // namespace rs
