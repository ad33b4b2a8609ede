// Policies in words.
#include "policy/show.hpp"

#include <gmock/gmock.h>

#include <string>

#include "policy/show_text.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const Library kLibrary{"/nonexistent"};

TEST(ShowPolicy, ListsEveryProfileWithItsDescription) {
    const auto text = list_profiles(kLibrary);
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_THAT(*text, HasSubstr("caddy      Caddy\n"));
    for (const char* name : kProxyProfiles)
        EXPECT_THAT(*text, HasSubstr(name));
}

TEST(ShowPolicy, ShowsCallsByAnswerAndGroupWithCounts) {
    const Policy policy{.profile = "p",
                        .syscalls = {.otherwise = kForbidden,
                                     .newest = "openat2",
                                     .calls = {{"read", {kAllow, {}}},
                                               {"write", {kAllow, {}}},
                                               {"socket", {kForbidden, {{{{0, 0xff, 1}}, kAllow}}}},
                                               {"mount", {kKill, {}}}}},
                        .access = {.read = std::vector<Path>{{"/etc", false}}, .scope_signals = true},
                        .warnings = {}};
    EXPECT_EQ(show(policy, "a test's"),
              "p: a test's\n"
              "every other call: errno:EPERM\n"
              "newer than: openat2: errno:ENOSYS\n"
              "kill: 1 call\n"
              "  @mount (1): mount\n"
              "allow: 2 calls\n"
              "  @basic-io (2): read write\n"
              "by their arguments: 1 call\n"
              "  socket: allow if (argument 0 & 0xff) == 0x1, else errno:EPERM\n"
              "capabilities: none\n"
              "may read: /etc\n"
              "may write: not restricted\n"
              "may execute: not restricted\n"
              "may open TCP ports: not restricted\n"
              "may connect to TCP ports: not restricted\n"
              "kept from processes outside: signals\n");
}

TEST(ShowPolicy, NamesEveryCallOfAProfile) {
    const auto policy = shipped("caddy");
    const std::string text = unwrapped(show(policy, ""));
    for (const auto& [name, call] : policy.syscalls.calls)
        EXPECT_THAT(text, ContainsRegex("[ :]" + name + "[: \n]"));
}

TEST(ShowPolicy, TellsWhatDiffersAndNothingElse) {
    auto one = shipped("caddy");
    EXPECT_EQ(difference(one, one), "");
    auto other = one;
    other.syscalls.calls["chroot"] = {kAllow, {}};
    other.syscalls.calls.erase("read");
    other.capabilities = 1U << 10U;
    other.access.tcp_bind.emplace();
    EXPECT_EQ(difference(one, other),
              "chroot: errno:EPERM -> allow\n"
              "read: allow -> errno:EPERM\n"
              "capabilities: none -> CAP_NET_BIND_SERVICE\n"
              "- may open TCP ports: not restricted\n"
              "+ may open TCP ports: nothing\n");
}

TEST(ExplainCall, SaysWhatItIsAndHowEachProfileAnswers) {
    const auto text = explain(kLibrary, "setns");
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_THAT(*text, HasSubstr("in: @process @system-service\n"));
    EXPECT_THAT(*text, HasSubstr("\ncaddy: kill\n"));
    EXPECT_THAT(*text, HasSubstr("allow = [\"setns\"]"));
    EXPECT_THAT(
        unwrapped(*explain(kLibrary, "socket")),
        HasSubstr(
            "nginx: allow if (argument 0 & 0xffffffff) == 0x1 or 0x2 or 0xa, else errno:EAFNOSUPPORT if"));
    EXPECT_THAT(*text, Not(HasSubstr("\nfiles:"))) << "it is a part of others";
}

TEST(ExplainCall, TakesNumbersAndRefusesWhatIsNoCall) {
    EXPECT_EQ(*explain(kLibrary, std::to_string(number_of("openat"))), *explain(kLibrary, "openat"));
    EXPECT_EQ(explain(kLibrary, "opnat").error().message,
              "'opnat' is no system call; did you mean 'openat'?");
    EXPECT_EQ(explain(kLibrary, "99999").error().message, "libseccomp knows no system call of number 99999");
    EXPECT_FALSE(explain(kLibrary, "999999999999999999999"));
    EXPECT_FALSE(explain(kLibrary, ""));
    EXPECT_EQ(*explain(kLibrary, "mmap2"), "mmap2: a system call of other architectures\n");
}

TEST(PseudoCode, NamesCallsActionsAndArguments) {
    const auto program = compiled(shipped("caddy").syscalls);
    const std::string text = pseudo_code(program.instructions);
    EXPECT_TRUE(text.starts_with("   0  A = architecture\n")) << text.substr(0, 200);
    EXPECT_THAT(text, HasSubstr("# clone\n"));
    EXPECT_THAT(text, HasSubstr("A = first half of argument 0\n"));
    EXPECT_THAT(text, HasSubstr("A &= 0x7e020080\n"));
    EXPECT_THAT(text, HasSubstr("return errno:ENOSYS\n"));
    EXPECT_THAT(text, HasSubstr("return allow\n"));
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')), program.instructions.size());
}

}  // namespace
}  // namespace rs::policy
