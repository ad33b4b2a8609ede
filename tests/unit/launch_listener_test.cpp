// A launch whose filter asks, in a real kernel: real children, without namespaces, which any build
// environment can run.
#include "supervisor/launch/listener.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/asking.hpp"
#include "policy/sandbox.hpp"
#include "supervisor/launch/proxy.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs {
namespace {

using namespace std::chrono_literals;

// Exits with the errno of what it tries.
std::vector<std::string> python(const std::string& statements) {
    return {"/usr/bin/python3", "-I", "-c",
            "import os, sys\ntry:\n    " + statements + "\nexcept OSError as e:\n    sys.exit(e.errno)"};
}

class LaunchWithListener : public testing::Test {
  protected:
    void SetUp() override {
        ::sigprocmask(SIG_SETMASK, nullptr, &mask_);
        block_signals({SIGCHLD});
        auto loop = Loop::create();
        ASSERT_TRUE(loop) << loop.error().message;
        loop_.emplace(*std::move(loop));
        auto sandbox = policy::make_sandbox(policy::shipped("generic"), policy::Landlock::off);
        ASSERT_TRUE(sandbox) << sandbox.error().message;
        sandbox_ = *std::move(sandbox);
        asking_ = policy::asking(sandbox_.filter);
    }
    void TearDown() override {
        proxy_.reset();
        listener_.reset();
        loop_.reset();
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
    }

    Proxy::Observer observer(Listener::Judge judge) {
        return {.executed = [this] { executed_ = true; },
                .failed = [this](ChildFailure) { loop_->exit(1); },
                .stopped = {},
                .ended =
                    [this](ProcessEnd end) {
                        end_ = end;
                        loop_->exit(0);
                    },
                .listening =
                    [this, judge = std::move(judge)](Result<UniqueFd> listener) {
                        listening_ = listener ? 0 : listener.error().code;
                        if (listener) listener_ = *Listener::attach(*loop_, *std::move(listener), judge);
                    }};
    }

    // Until it has ended; how is in end_.
    void run(const std::vector<std::string>& command, Listener::Judge judge, bool asks = true) {
        const auto launch = compile({.program = command.front(),
                                     .command = command,
                                     .sockets = {},
                                     .user_ns = -1,
                                     .net_ns = -1,
                                     .notify_socket = {},
                                     .resolv_conf = {},
                                     .supervised = true,
                                     .sandbox = sandbox_,
                                     .asking = asks ? &asking_ : nullptr});
        ASSERT_TRUE(launch) << launch.error().message;
        auto proxy = Proxy::start(*loop_, *launch, observer(std::move(judge)));
        ASSERT_TRUE(proxy) << proxy.error().message;
        proxy_ = *std::move(proxy);
        ASSERT_EQ(loop_->run().value_or(-1), 0);
    }

    sigset_t mask_{};
    std::optional<Loop> loop_;
    policy::Sandbox sandbox_;
    policy::SeccompProgram asking_;
    std::unique_ptr<Proxy> proxy_;
    std::unique_ptr<Listener> listener_;
    std::optional<int> listening_;  // errno
    bool executed_ = false;
    std::optional<ProcessEnd> end_;
};

TEST_F(LaunchWithListener, AnswersARefusedCallWithTheGivenErrno) {
    std::vector<int> calls;
    run(python("os.chroot('/')"), [&](const seccomp_data& call) {
        calls.push_back(call.nr);
        return EXDEV;
    });
    EXPECT_EQ(listening_, 0);
    EXPECT_TRUE(executed_);
    EXPECT_EQ(end_->text(), ProcessEnd({.by_signal = false, .value = EXDEV}).text());
    EXPECT_EQ(calls, std::vector{SYS_chroot});
}

TEST_F(LaunchWithListener, LetsACallGoOn) {
    run(python("os.chroot('/nonexistent')"), [](const seccomp_data&) { return Listener::kGoOn; });
    EXPECT_EQ(end_->text(), ProcessEnd({.by_signal = false, .value = ENOENT}).text());
}

TEST_F(LaunchWithListener, IsNotAskedForWhatIsAllowedOrAbsentOrDeadly) {
    int asked = 0;
    const auto count = [&asked](const seccomp_data&) {
        ++asked;
        return EPERM;
    };
    run(python("os.getpid(); os.listdir('/'); os.unshare(0)"), count);
    EXPECT_EQ(end_->text(), "was killed by SIGSYS");
    EXPECT_EQ(asked, 0);
}

TEST_F(LaunchWithListener, HasNoneUnlessItIsWanted) {
    run(python("os.chroot('/')"), [](const seccomp_data&) { return EXDEV; }, false);
    EXPECT_EQ(end_->text(), ProcessEnd({.by_signal = false, .value = EPERM}).text());
    EXPECT_FALSE(listening_);
}

// The proxy has no descriptor of it: who has could answer the supervisor's questions.
TEST_F(LaunchWithListener, DoesNotLeakItIntoTheProgram) {
    run(python("sys.exit(sum('seccomp' in os.readlink(f'/proc/self/fd/{fd}') for fd in range(3, 64) "
               "if os.path.exists(f'/proc/self/fd/{fd}')))"),
        [](const seccomp_data&) { return EPERM; });
    EXPECT_EQ(end_->text(), "exited with status 0");
}

TEST_F(LaunchWithListener, KeepsTheLoopFreeForOthersDuringAFlood) {
    int asked = 0;
    int ticks = 0;
    Loop::Source timer;
    const std::function<void()> tick = [&] {
        ++ticks;
        timer = *loop_->after(1ms, tick);
    };
    tick();
    run(python("\n    for i in range(20000):\n        try: os.chroot('/')\n        except PermissionError: "
               "pass"),
        [&](const seccomp_data&) {
            ++asked;
            return EPERM;
        });
    EXPECT_EQ(asked, 20000);
    EXPECT_GE(ticks, 20);
}

// Nobody is left under the filter, which the kernel tells again and again.
TEST_F(LaunchWithListener, IsQuietAfterTheEnd) {
    run(python("pass"), [](const seccomp_data&) { return EPERM; });
    ASSERT_TRUE(listener_);
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    sd_event_get_iteration(loop_->get(), &before);
    for (int i = 0; i < 50; ++i)
        sd_event_run(loop_->get(), 1000);
    sd_event_get_iteration(loop_->get(), &after);
    EXPECT_LT(after - before, 10U);
}

// Where somebody else listens already, as in a container under such a filter, the kernel gives no second
// listener.
TEST_F(LaunchWithListener, IsRefusedInSilenceWhereTheKernelGivesNoListener) {
    const pid_t child = ::fork();
    if (child == 0) {
        loop_.emplace(*Loop::create());  // sd-event refuses to work in a fork
        std::array<sock_filter, 1> allow{sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        const sock_fprog program{.len = allow.size(), .filter = allow.data()};
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        const long theirs =
            ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
        if (theirs < 0) ::_exit(99);
        run(python("os.chroot('/')"), [](const seccomp_data&) { return EXDEV; });
        ::_exit(listening_ == EBUSY && end_ == ProcessEnd{.by_signal = false, .value = EPERM} ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace rs
