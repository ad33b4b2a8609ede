// Filters that ask before they refuse, by the interpreter and in a real kernel.
#include "policy/asking.hpp"

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

#include "policy/bpf.hpp"
#include "policy/names.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

seccomp_data call_of(int number, std::uint64_t first = 0, std::uint64_t second = 0, std::uint64_t third = 0) {
    seccomp_data data{};
    data.nr = number;
    data.arch = seccomp_arch_native();
    data.args[0] = first;
    data.args[1] = second;
    data.args[2] = third;
    return data;
}

class EveryAskingFilter : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(All, EveryAskingFilter, testing::ValuesIn(kProxyProfiles),
                         [](const auto& each) { return std::string{each.param}; });

// Call by call: the only difference is that an errno becomes a question.
TEST_P(EveryAskingFilter, AsksWhereTheOtherRefusesAndNowhereElse) {
    const auto plain = compiled(shipped(GetParam()).syscalls);
    const auto asks = asking(plain);
    int asked = 0;
    for (int number = -1; number < 2000; ++number) {
        for (const std::uint64_t argument : {std::uint64_t{0}, std::uint64_t{AF_PACKET}, ~std::uint64_t{0}}) {
            const auto call = call_of(number, argument);
            const Action before = evaluate(plain.instructions, call);
            const Action after = evaluate(asks.instructions, call);
            if (is_errno(before) && errno_in(before) != ENOSYS) {
                EXPECT_EQ(after, SECCOMP_RET_USER_NOTIF) << number;
                ++asked;
            } else {
                EXPECT_EQ(after, before) << number;
            }
        }
    }
    EXPECT_GT(asked, 100);
}

TEST_P(EveryAskingFilter, GetsTheVeryErrnoOfTheProfileForAnAnswer) {
    const auto policy = shipped(GetParam());
    const auto plain = compiled(policy.syscalls);
    const auto asks = asking(plain);
    const auto resolved = resolve(policy.syscalls);
    ASSERT_TRUE(resolved);
    ASSERT_TRUE(can_hand_over(*resolved));
    for (int number = 0; number < 600; ++number) {
        const auto call = call_of(number, AF_PACKET);
        if (evaluate(asks.instructions, call) != SECCOMP_RET_USER_NOTIF) continue;
        EXPECT_EQ(refuse_with(refusal_of(*resolved, call)), evaluate(plain.instructions, call)) << number;
    }
}

TEST(AskingFilter, LeavesNormalAnswersOfLibrariesAlone) {
    const auto asks = asking(compiled(shipped("generic").syscalls));
    EXPECT_EQ(evaluate(asks.instructions, call_of(SYS_clone3)), kAbsent);
    EXPECT_EQ(evaluate(asks.instructions, call_of(SYS_socket, AF_NETLINK)), refuse_with(EAFNOSUPPORT));
    EXPECT_EQ(evaluate(asks.instructions, call_of(SYS_ptrace)), kKill);
    EXPECT_EQ(evaluate(asks.instructions, call_of(SYS_socket, AF_PACKET)), SECCOMP_RET_USER_NOTIF);
}

TEST(AskingFilter, RefusesWithEpermWhatNobodyShouldHaveAskedFor) {
    const auto resolved = resolve(shipped("generic").syscalls);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(refusal_of(*resolved, call_of(SYS_read)), EPERM);
    EXPECT_EQ(refusal_of(*resolved, call_of(SYS_ptrace)), EPERM);
}

TEST(AskingFilter, IsOfNoUseWhereTheListenerCannotBeHandedOver) {
    auto policy = shipped("generic").syscalls;
    policy.calls.erase("sendmsg");
    EXPECT_FALSE(can_hand_over(*resolve(policy)));
    policy.calls["sendmsg"] = {kForbidden, {{{{0, ~0ULL, 3}}, kAllow}}};
    EXPECT_FALSE(can_hand_over(*resolve(policy)));
}

TEST(ShownArguments, TellWhatWasWanted) {
    EXPECT_EQ(shown_arguments(call_of(SYS_socket, AF_PACKET, SOCK_RAW, 768)), "AF_PACKET, 3, 768");
    EXPECT_EQ(shown_arguments(call_of(SYS_socket, 44)), "44, 0, 0");
    EXPECT_EQ(shown_arguments(call_of(SYS_ioctl, 3, 0x5413)), "request 0x5413");
    EXPECT_EQ(shown_arguments(call_of(SYS_prctl, 15)), "option 0xf");
    EXPECT_EQ(shown_arguments(call_of(SYS_clone, 0x1000'0011)), "flags 0x10000011");
    EXPECT_EQ(shown_arguments(call_of(SYS_chroot)), "");
}

}  // namespace
}  // namespace rs::policy
