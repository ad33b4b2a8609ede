// A lesson: what its filter asks about, what goes on meanwhile, and the profile that comes of it.
#include "policy/learn.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <string>

#include "policy/asking.hpp"
#include "policy/bpf.hpp"
#include "policy/flatten.hpp"
#include "policy/profile.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

seccomp_data call_of(int number, std::uint64_t first = 0, std::uint64_t second = 0) {
    seccomp_data data{};
    data.nr = number;
    data.arch = seccomp_arch_native();
    data.args[0] = first;
    data.args[1] = second;
    return data;
}

Lesson lesson_under(const char* profile) {
    const auto policy = shipped(profile);
    auto lesson = Lesson::begin(policy, policy.access);
    EXPECT_TRUE(lesson) << lesson.error().message;
    return *std::move(lesson);
}

// As an administrator would use it: written down, included by nobody, read again.
Result<Policy> policy_from(const std::string& text) {
    const std::string file = testing::TempDir() + "learned.toml";
    std::ofstream{file} << text;
    return assemble(Library{"/nonexistent"}, {.profile = file, .allow = {}, .deny = {}, .access = {}});
}

class EveryLesson : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(All, EveryLesson, testing::ValuesIn(kProxyProfiles),
                         [](const auto& each) { return std::string{each.param}; });

TEST_P(EveryLesson, AllowsOutrightOnlyWhatTheProfileAllows) {
    const auto plain = compiled(shipped(GetParam()).syscalls);
    const auto lesson = lesson_under(GetParam());
    int hot = 0;
    for (int number = -1; number < 2000; ++number) {
        for (const std::uint64_t argument :
             {std::uint64_t{0}, std::uint64_t{AF_NETLINK}, ~std::uint64_t{0}}) {
            const auto call = call_of(number, argument);
            const Action now = evaluate(plain.instructions, call);
            const Action then = evaluate(lesson.filter().instructions, call);
            if (then == kAllow) {
                EXPECT_EQ(now, kAllow) << number;
                ++hot;
            } else if (pretends_absence(now)) {
                EXPECT_EQ(then, now) << number;
            } else {
                EXPECT_EQ(then, SECCOMP_RET_USER_NOTIF) << number;
            }
        }
    }
    EXPECT_GT(hot, 3 * 40);
    EXPECT_EQ(evaluate(lesson.filter().instructions, call_of(SYS_sendmsg)), kAllow);
}

TEST_P(EveryLesson, MakesAProfileThatHoldsAndAllowsWhatWasSeen) {
    auto lesson = lesson_under(GetParam());
    lesson.observe(call_of(SYS_socket, AF_INET));
    lesson.observe(call_of(SYS_msgget));
    lesson.observe(call_of(SYS_uname));
    lesson.observe(call_of(SYS_clone, SIGCHLD));
    lesson.observe(call_of(SYS_ioctl, 3, 0x5413));
    const auto learned = policy_from(lesson.profile("A test."));
    ASSERT_TRUE(learned) << learned.error().message << '\n' << lesson.profile("A test.");
    const auto resolved = resolve(learned->syscalls);
    ASSERT_TRUE(resolved) << resolved.error().message;
    for (const auto& call : {call_of(SYS_socket, AF_INET), call_of(SYS_msgget), call_of(SYS_uname),
                             call_of(SYS_clone, SIGCHLD), call_of(SYS_ioctl, 3, 1), call_of(SYS_execve),
                             call_of(SYS_restart_syscall), call_of(SYS_clock_gettime)})
        EXPECT_TRUE(is_allowed(decide(*resolved, call))) << call.nr;
    EXPECT_EQ(decide(*resolved, call_of(SYS_socket, AF_UNIX)), kForbidden);
    EXPECT_EQ(decide(*resolved, call_of(SYS_socket, AF_NETLINK)), refuse_with(EAFNOSUPPORT));
    EXPECT_EQ(decide(*resolved, call_of(SYS_clone, CLONE_NEWUSER)), kForbidden);
    EXPECT_EQ(decide(*resolved, call_of(SYS_clone3)), kAbsent);
    EXPECT_EQ(decide(*resolved, call_of(SYS_ptrace)), kKill);
    EXPECT_EQ(decide(*resolved, call_of(SYS_mkdir)), kForbidden);
    EXPECT_EQ(learned->access, shipped(GetParam()).access);
    EXPECT_TRUE(can_hand_over(*resolved));
}

TEST(Lesson, LetsGoOnWhatIsOnlyMissingInTheProfile) {
    auto lesson = lesson_under("caddy");
    EXPECT_EQ(lesson.observe(call_of(SYS_msgget)), Lesson::kGoOn);
    EXPECT_EQ(lesson.observe(call_of(SYS_uname)), Lesson::kGoOn);
    EXPECT_EQ(lesson.refused(), std::vector<std::string>{"msgget"});
    EXPECT_EQ(lesson.calls_seen(), 2U);
}

TEST(Lesson, KeepsTheWaysOutShut) {
    auto lesson = lesson_under("caddy");
    EXPECT_EQ(lesson.observe(call_of(SYS_ptrace)), EPERM);
    EXPECT_EQ(lesson.observe(call_of(SYS_unshare, CLONE_NEWUSER)), EPERM);
    EXPECT_EQ(lesson.observe(call_of(SYS_clone, CLONE_NEWUSER)), EPERM);
    EXPECT_EQ(lesson.observe(call_of(SYS_socket, AF_PACKET)), EPERM);
    EXPECT_EQ(lesson.observe(call_of(SYS_keyctl)), EPERM);
    EXPECT_EQ(lesson.observe(call_of(SYS_chroot)), EPERM);
    EXPECT_EQ(lesson.observe(call_of(400)), EPERM);
    EXPECT_EQ(lesson.refused(),
              (std::vector<std::string>{"400", "chroot", "clone (flags 0x10000000)", "keyctl", "ptrace",
                                        "socket (AF_PACKET, 0, 0)", "unshare"}));
    EXPECT_EQ(lesson.calls_seen(), 0U);
}

TEST(Lesson, HoldsToTheProfileWhenItIsOver) {
    const auto lesson = lesson_under("caddy");
    EXPECT_EQ(lesson.enforce(call_of(SYS_msgget)), EPERM);
    EXPECT_EQ(lesson.enforce(call_of(SYS_ptrace)), EPERM);
    EXPECT_EQ(lesson.enforce(call_of(SYS_uname)), Lesson::kGoOn);
}

TEST(Lesson, IsNotPossibleWithoutAWayForTheListener) {
    auto policy = shipped("caddy");
    policy.syscalls.calls.erase("sendmsg");
    const auto lesson = Lesson::begin(policy, {});
    ASSERT_FALSE(lesson);
    EXPECT_EQ(lesson.error().message,
              "policy profile 'caddy' does not allow sendmsg, without which nothing can be heard");
}

}  // namespace
}  // namespace rs::policy
