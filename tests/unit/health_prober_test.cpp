// Real probes, as processes without namespaces (`inside = false`), which any build environment can run.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <format>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "policy/sandbox.hpp"
#include "supervisor/health/prober.hpp"
#include "tests/unit/http_server.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs {
namespace {

using namespace std::chrono_literals;

HealthConfig shell(const std::string& script) {
    HealthConfig config;
    config.command = {"/bin/sh", "-c", script};
    config.inside = false;
    config.interval = 100ms;
    config.timeout = 10s;
    config.retries = 2;
    return config;
}

class ProberTest : public testing::Test {
  protected:
    void SetUp() override {
        ::sigprocmask(SIG_SETMASK, nullptr, &mask_);
        if (::prctl(PR_GET_SECCOMP) < 0) GTEST_SKIP() << "no seccomp here";
        block_signals({SIGCHLD});
        // The leak checker traces its process, for which the filter kills it.
        ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        auto loop = Loop::create();
        ASSERT_TRUE(loop) << loop.error().message;
        loop_.emplace(std::move(*loop));
        auto sandbox = policy::make_sandbox(policy::shipped("generic"), policy::Landlock::best_effort);
        ASSERT_TRUE(sandbox) << sandbox.error().message;
        sandbox_ = std::move(*sandbox);
        std::string pattern = testing::TempDir() + "prober-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
    }

    void TearDown() override {
        prober_.reset();
        loop_.reset();
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process is left behind";
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);  // a shell that later tests start would wait for ever
        if (!dir_.empty()) std::filesystem::remove_all(dir_);
    }

    Result<CompiledLaunch> plan(const std::vector<std::string>& command) {
        return compile({.program = command.front(),
                        .command = command,
                        .sockets = {},
                        .user_ns = user_ns_.get(),
                        .net_ns = net_ns_.get(),
                        .notify_socket = {},
                        .resolv_conf = {},
                        .supervised = true,
                        .sandbox = sandbox_});
    }

    void start(const HealthConfig& config) {
        auto prober = Prober::start(
            *loop_, config, [this](const auto& command) { return plan(command); },
            [this](const Prober::Report& report) {
                reports_.push_back(report);
                if (on_report_) on_report_();
                if (reports_.size() == wanted_) loop_->exit(0);
            },
            RS_PROBE_PROGRAM);
        ASSERT_TRUE(prober) << prober.error().message;
        prober_ = std::move(*prober);
    }

    // Until there are so many reports, or a report's receiver ends it.
    void run(std::size_t reports) {
        wanted_ = reports;
        auto deadline = loop_->after(60s, [this] { loop_->exit(1); });
        ASSERT_TRUE(deadline);
        EXPECT_EQ(loop_->run().value_or(-1), 0) << reports_.size() << " reports";
    }

    // The first report.
    Prober::Report report_of(const HealthConfig& config) {
        start(config);
        run(1);
        return reports_.empty() ? Prober::Report{} : reports_.front();
    }

    [[nodiscard]] std::string file(const std::string& name) const { return dir_ + "/" + name; }

    sigset_t mask_{};
    std::optional<Loop> loop_;
    policy::Sandbox sandbox_;
    UniqueFd user_ns_, net_ns_;
    std::string dir_;
    std::vector<Prober::Report> reports_;
    std::size_t wanted_ = 0;
    std::function<void()> on_report_;
    std::unique_ptr<Prober> prober_;
};

std::string content_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

bool running(const std::string& pid) {
    std::ifstream stat{"/proc/" + pid + "/stat"};
    std::string number, name, state;
    return static_cast<bool>(stat >> number >> name >> state) && state != "Z";
}

TEST_F(ProberTest, CallsAProxyHealthyAtTheFirstSuccess) {
    const auto report = report_of(shell("exit 0"));
    EXPECT_EQ(report.state, Health::healthy);
    EXPECT_EQ(report.text, "");
}

TEST_F(ProberTest, TellsTheLastLineOfAFailure) {
    const auto report = report_of(shell("echo one; echo two >&2; exit 3"));
    EXPECT_EQ(report.state, Health::unknown);
    EXPECT_EQ(report.text, "/bin/sh exited with status 3: two");
}

TEST_F(ProberTest, TellsTheSignalThatKilledAProbe) {
    EXPECT_EQ(report_of(shell("kill -SEGV $$")).text, "/bin/sh was killed by SIGSEGV");
}

TEST_F(ProberTest, ReadsHoweverMuchAProbePrints) {
    EXPECT_EQ(report_of(shell("seq 300000; echo end; false")).text, "/bin/sh exited with status 1: end");
}

TEST_F(ProberTest, DoesNotWaitTheIntervalForTheFirstSuccess) {
    HealthConfig config = shell(std::format("echo >> {0}; test $(wc -l < {0}) -ge 4", file("tries")));
    config.interval = 24h;
    start(config);
    run(4);
    EXPECT_EQ(reports_[2].state, Health::unknown);
    EXPECT_EQ(reports_[3].state, Health::healthy);
}

TEST_F(ProberTest, CallsAProxyUnhealthyAfterFailuresInARowUntilItRecovers) {
    start(shell(std::format("test ! -e {0} || {{ echo ill; false; }}", file("ill"))));
    on_report_ = [this] {
        if (reports_.size() == 1) std::ofstream{file("ill")} << '\n';
        if (reports_.back().state == Health::unhealthy) std::filesystem::remove(file("ill"));
    };
    run(4);
    EXPECT_EQ(reports_[0].state, Health::healthy);
    EXPECT_EQ(reports_[1].state, Health::healthy);
    EXPECT_EQ(reports_[1].failures, 1);
    EXPECT_EQ(reports_[1].text, "/bin/sh exited with status 1: ill");
    EXPECT_EQ(reports_[2].state, Health::unhealthy);
    EXPECT_EQ(reports_[3].state, Health::healthy);
    EXPECT_EQ(reports_[3].text, "");
}

TEST_F(ProberTest, SaysNothingWhileNothingChanges) {
    start(shell(std::format("echo >> {0}; test $(wc -l < {0}) -le 3", file("tries"))));
    run(2);
    EXPECT_EQ(reports_[0].state, Health::healthy);
    EXPECT_FALSE(reports_[1].text.empty());
    EXPECT_EQ(content_of(file("tries")), "\n\n\n\n");
}

TEST_F(ProberTest, KillsAProbeThatTakesTooLongAndAllThatItStarted) {
    HealthConfig config = shell(std::format("echo waiting; sleep 1000 & echo $! > {}; wait", file("pid")));
    config.timeout = 1s;
    const auto report = report_of(config);
    EXPECT_EQ(report.text, "/bin/sh was killed after 1000 ms without a result: waiting");
    const std::string pid = content_of(file("pid"));
    ASSERT_FALSE(pid.empty());
    for (int i = 0; i < 1000 && running(std::to_string(std::stoi(pid))); ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(running(std::to_string(std::stoi(pid))));
}

// It holds the output open, too, for whose end nobody waits.
TEST_F(ProberTest, KillsWhatAProbeLeavesBehind) {
    const auto report = report_of(shell(std::format("sleep 1000 & echo $! > {}", file("pid"))));
    EXPECT_EQ(report.state, Health::healthy);
    const std::string pid = std::to_string(std::stoi(content_of(file("pid"))));
    for (int i = 0; i < 1000 && running(pid); ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(running(pid));
}

TEST_F(ProberTest, RunsOneProbeAtATime) {
    HealthConfig config =
        shell(std::format("mkdir {0} || exit 9; sleep 0.3; rmdir {0}; echo >> {1}; test $(wc -l < {1}) -lt 4",
                          file("lock"), file("tries")));
    start(config);
    run(2);
    EXPECT_EQ(reports_[1].text, "/bin/sh exited with status 1");
}

TEST_F(ProberTest, EndsARunningProbeWhenItIsDestroyed) {
    start(shell(std::format("touch {}; sleep 1000", file("begun"))));
    auto begun = loop_->after(1ms, [] {});
    const std::function<void()> look = [&] {
        if (!std::filesystem::exists(file("begun"))) {
            begun = std::move(*loop_->after(10ms, look));
            return;
        }
        const auto before = std::chrono::steady_clock::now();
        prober_.reset();
        EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
        loop_->exit(0);
    };
    begun = std::move(*loop_->after(10ms, look));
    run(0);
    EXPECT_TRUE(reports_.empty());
}

TEST_F(ProberTest, MayBeDestroyedByWhomItReportsTo) {
    on_report_ = [this] { prober_.reset(); };
    start(shell("false"));
    run(1);
    EXPECT_EQ(reports_.size(), 1U);
}

TEST_F(ProberTest, CountsAProbeThatCannotBeRunAsFailed) {
    HealthConfig config = shell("");
    config.command = {"/nonexistent/check"};
    on_report_ = [this] {
        if (reports_.back().state == Health::unhealthy) loop_->exit(0);
    };
    start(config);
    run(1'000);
    EXPECT_EQ(reports_.back().state, Health::unhealthy);
    EXPECT_EQ(reports_.back().text, "cannot execute '/nonexistent/check': No such file or directory");
}

TEST_F(ProberTest, CountsAProbeWithoutAPlanAsFailed) {
    auto prober = Prober::start(
        *loop_, shell("true"),
        [](const auto&) -> Result<CompiledLaunch> { return fail("no descriptor is left"); },
        [this](const Prober::Report& report) {
            reports_.push_back(report);
            loop_->exit(0);
        });
    ASSERT_TRUE(prober);
    prober_ = std::move(*prober);
    run(1);
    EXPECT_EQ(reports_.front().text, "cannot probe: no descriptor is left");
}

TEST_F(ProberTest, FiltersTheProbesSystemCalls) {
    const auto report = report_of(
        shell("grep -q '^Seccomp:.2' /proc/self/status && grep -q '^NoNewPrivs:.1' /proc/self/status && "
              "grep -q '^CapAmb:.0*$' /proc/self/status"));
    EXPECT_EQ(report.state, Health::healthy) << report.text;
}

TEST_F(ProberTest, AsksOverHttp) {
    const HttpServer server{HttpServer::with_status(200)};
    HealthConfig config = shell("");
    config.command.clear();
    config.http = server.url();
    const auto report = report_of(config);
    EXPECT_EQ(report.state, Health::healthy) << report.text;
}

TEST_F(ProberTest, TellsWhatTheProbeProgramFound) {
    const HttpServer server{HttpServer::with_status(502)};
    HealthConfig config = shell("");
    config.command.clear();
    config.http = server.url();
    config.expect = 200;
    EXPECT_EQ(report_of(config).text, "GET " + server.url() + ": status 502, expected 200");
}

TEST_F(ProberTest, LetsTheProbeProgramSayThatNobodyAnswers) {
    const HttpServer server{""};
    HealthConfig config = shell("");
    config.command.clear();
    config.http = server.url();
    config.timeout = 1s;
    EXPECT_EQ(report_of(config).text, "GET " + server.url() + ": no answer within 1000 ms");
}

// A process that made a user and a network namespace and stays in them.
pid_t start_namespaces() {
    std::array<int, 2> ready{};
    if (::pipe2(ready.data(), O_CLOEXEC) < 0) return -1;
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) ::_exit(1);
        [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
        ::pause();
        ::_exit(0);
    }
    ::close(ready[1]);
    char byte = 0;
    const bool made = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    if (made) return pid;
    ::waitpid(pid, nullptr, 0);
    return -1;
}

TEST_F(ProberTest, ProbesInsideTheNamespacesOfThePlan) {
    const pid_t holder = start_namespaces();
    if (holder < 0) GTEST_SKIP() << "no user namespaces here";
    user_ns_.reset(::open(std::format("/proc/{}/ns/user", holder).c_str(), O_RDONLY | O_CLOEXEC));
    net_ns_.reset(::open(std::format("/proc/{}/ns/net", holder).c_str(), O_RDONLY | O_CLOEXEC));
    const auto report = report_of(shell(
        std::format("test $(readlink /proc/self/ns/net) = {} && "
                    "grep -q '^CapBnd:.0*$' /proc/self/status && grep -q '^CapEff:.0*$' /proc/self/status",
                    std::filesystem::read_symlink(std::format("/proc/{}/ns/net", holder)).string())));
    EXPECT_EQ(report.state, Health::healthy) << report.text;
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
}

}  // namespace
}  // namespace rs
