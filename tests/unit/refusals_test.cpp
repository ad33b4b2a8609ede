#include "supervisor/refusals.hpp"

#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <string>

#include "tests/unit/shipped_policy.hpp"

namespace rs {
namespace {

seccomp_data call_of(int number, std::uint64_t first = 0) {
    seccomp_data data{};
    data.nr = number;
    data.arch = seccomp_arch_native();
    data.args[0] = first;
    return data;
}

Refusals refusals_of(const char* profile, std::vector<std::string> denied = {}) {
    return {profile, *policy::resolve(policy::shipped(profile).syscalls), std::move(denied)};
}

TEST(Refusals, AreToldWithWhatToDoAboutThem) {
    auto refusals = refusals_of("caddy");
    const auto verdict = refusals.judge(call_of(SYS_chroot));
    EXPECT_EQ(verdict.code, EPERM);
    EXPECT_EQ(verdict.call, "chroot");
    EXPECT_EQ(verdict.line,
              "the proxy was refused system call 'chroot' (EPERM) by profile caddy; to allow it: "
              "allow = [\"chroot\"] in [policy]");
}

TEST(Refusals, SayWhichArgumentsWereRefused) {
    auto refusals = refusals_of("caddy");
    EXPECT_EQ(refusals.judge(call_of(SYS_socket, AF_PACKET)).line,
              "the proxy was refused system call 'socket' with AF_PACKET, 0, 0 (EPERM) by profile caddy; to "
              "allow it, whatever its arguments are: allow = [\"socket\"] in [policy]");
    EXPECT_TRUE(refusals.judge(call_of(SYS_socket, AF_ALG)).line);
    EXPECT_FALSE(refusals.judge(call_of(SYS_socket, AF_ALG)).line);
}

TEST(Refusals, PointAtADenyOfTheUsersOwn) {
    auto refusals = refusals_of("caddy", {"@mount", "@chown", "chroot"});
    EXPECT_EQ(refusals.judge(call_of(SYS_chroot)).line,
              "the proxy was refused system call 'chroot' (EPERM) by profile caddy; [policy] asks for that: "
              "deny = [\"@mount\"]");
}

TEST(Refusals, AreCountedBeyondTheFirst) {
    auto refusals = refusals_of("caddy");
    EXPECT_TRUE(refusals.judge(call_of(SYS_chroot)).line);
    EXPECT_EQ(refusals.repeated(), "");
    EXPECT_FALSE(refusals.judge(call_of(SYS_chroot)).line);
    EXPECT_TRUE(refusals.judge(call_of(SYS_acct)).line);
    EXPECT_EQ(refusals.total(), 3);
    EXPECT_EQ(refusals.repeated(), "acct once, chroot 2 times");
}

TEST(Refusals, OfManyKindsDoNotFillTheJournal) {
    auto refusals = refusals_of("caddy");
    int told = 0;
    for (unsigned family = 100; family < 1000; ++family)
        told += refusals.judge(call_of(SYS_socket, family)).line ? 1 : 0;
    EXPECT_EQ(told, 32);
    EXPECT_EQ(refusals.total(), 900);
    EXPECT_TRUE(refusals.repeated().ends_with(", others 868 times")) << refusals.repeated();
}

TEST(Refusals, OfACallWithoutANameAreToldByItsNumber) {
    auto refusals = refusals_of("caddy");
    const auto verdict = refusals.judge(call_of(400));
    EXPECT_EQ(verdict.line,
              "the proxy was refused system call '400' (EPERM) by profile caddy; it has no name here, so no "
              "profile can allow it");
}

}  // namespace
}  // namespace rs
