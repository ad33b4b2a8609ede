// Profiles as text: what is refused, and what several lists, files and wishes add up to.
#include "policy/profile.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "policy/policy.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

constexpr const char* kDefault = "default = \"errno:EPERM\"\n";
constexpr const char* kNeeded =
    "[[calls]]\nnames = [\"execve\", \"exit_group\", \"write\"]\naction = \"allow\"\n";

std::string trouble(const std::string& text) {
    const auto profile = parse_profile(text, "p.toml");
    return profile ? "none" : profile.error().text();
}

std::string list(const std::string& names, const std::string& action, const std::string& when = "") {
    return "[[calls]]\nnames = [" + names + "]\naction = \"" + action + "\"\n" +
           (when.empty() ? "" : "when = [" + when + "]\n");
}

TEST(ProfileText, SaysWhereItIsNoToml) {
    EXPECT_EQ(trouble("default = errno"),
              "p.toml:1:11: invalid TOML in value: could not determine value type; write default = "
              "\"errno:EPERM\"");
    EXPECT_TRUE(trouble("x = [").starts_with("p.toml:1:")) << trouble("x = [");
}

TEST(ProfileText, NamesUnknownKeysWithWhatWasMeant) {
    EXPECT_EQ(trouble("inclu = []"), "p.toml:1:1: unknown key 'inclu' in a profile; did you mean 'include'?");
    EXPECT_EQ(trouble("[landlock]\nreads = []"),
              "p.toml:2:1: unknown key 'reads' in [landlock]; did you mean 'read'?");
    EXPECT_EQ(trouble("[[calls]]\nnames = [\"read\"]\naktion = \"allow\""),
              "p.toml:3:1: unknown key 'aktion' in [[calls]]; did you mean 'action'?");
}

TEST(ProfileText, NamesMisspeltCallsGroupsAndActionsWithWhatWasMeant) {
    EXPECT_EQ(trouble(list("\"read\",\n  \"opnat\"", "allow")),
              "p.toml:3:3: 'opnat' is no system call; did you mean 'openat'?");
    EXPECT_EQ(trouble(list("\"@network_io\"", "allow")),
              "p.toml:2:10: '@network_io' is no group of system calls; did you mean '@network-io'?");
    EXPECT_EQ(trouble(list("\"read\"", "errno:EPREM")),
              "p.toml:3:10: 'EPREM' is no errno; did you mean 'EPERM'?");
    EXPECT_EQ(
        trouble(list("\"read\"", "permit")),
        "p.toml:3:10: 'permit' is no action; there are allow, log, kill, and errno:NAME such as errno:EPERM");
    EXPECT_EQ(trouble("newest = \"statxx\""),
              "p.toml:1:10: 'statxx' is no system call; did you mean 'statx'?");
}

TEST(ProfileText, TakesNoOtherComparisonThanEqual) {
    EXPECT_EQ(trouble(list("\"socket\"", "allow", "{ argument = 0, less = 3 }")),
              "p.toml:4:25: comparison 'less' is not supported: only 'equal', with a 'mask' if need be, says "
              "the same "
              "in every combination of rules");
    EXPECT_EQ(trouble(list("\"socket\"", "allow", "{ argument = 0 }")),
              "p.toml:4:9: 'when' needs 'argument' and 'equal'");
    EXPECT_EQ(trouble(list("\"socket\"", "allow", "{ argument = 6, equal = 1 }")),
              "p.toml:4:22: 'argument' must be from 0 to 5");
    EXPECT_EQ(trouble(list("\"socket\"", "allow", "{ argument = 0, mask = 1, equal = 2 }")),
              "p.toml:4:43: 0x2 has bits outside of mask 0x1, so nothing equals it");
    EXPECT_EQ(trouble(list("\"socket\"", "allow", "{ argument = 0, equal = \"AF_INTE\" }")),
              "p.toml:4:33: 'AF_INTE' is no socket family known here; did you mean 'AF_INET'?");
}

TEST(ProfileText, TakesThisMachinesArchitectureOnly) {
    EXPECT_EQ(trouble("architectures = [\"native\"]"), "none");
    EXPECT_EQ(trouble("architectures = [\"native\", \"x86\"]"),
              "p.toml:1:28: architecture 'x86' is not supported; only \"native\" is, because every other one "
              "opens a "
              "second set of system calls");
}

TEST(ProfileText, RefusesByDefault) {
    EXPECT_EQ(trouble("default = \"allow\""),
              "p.toml:1:11: 'default' must refuse: a profile names what is allowed; write \"errno:EPERM\"");
}

class Profiles : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "profiles-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream{dir_ + "/" + name} << text;
    }
    [[nodiscard]] Result<Policy> assembled(const Wishes& wishes) const {
        return assemble(Library{dir_}, wishes);
    }
    [[nodiscard]] std::string trouble_with(const Wishes& wishes) const {
        const auto policy = assembled(wishes);
        return policy ? "none" : policy.error().message;
    }
    [[nodiscard]] CallPolicy call(const Wishes& wishes, const std::string& name) const {
        const auto policy = assembled(wishes);
        EXPECT_TRUE(policy) << policy.error().message;
        if (!policy) return {};
        const auto found = policy->syscalls.calls.find(name);
        return found == policy->syscalls.calls.end() ? CallPolicy{policy->syscalls.otherwise, {}}
                                                     : found->second;
    }
    // A profile of its own with these lists.
    [[nodiscard]] CallPolicy of_lists(const std::string& lists, const std::string& name) const {
        write("own.toml", kDefault + std::string{kNeeded} + lists);
        return call({.profile = "own"}, name);
    }

    std::string dir_;
};

TEST_F(Profiles, LetTheLastListWin) {
    EXPECT_EQ(of_lists(list("\"@process\"", "allow") + list("\"setns\"", "kill"), "setns").action, kKill);
    EXPECT_EQ(of_lists(list("\"setns\"", "kill") + list("\"@process\"", "allow"), "setns").action, kAllow);
    EXPECT_EQ(of_lists("", "setns").action, kForbidden);
}

TEST_F(Profiles, MakeACallConditionalThatWasAllowedBefore) {
    const auto call =
        of_lists(list("\"@network-io\"", "allow") +
                     list("\"socket\"", "allow", "{ argument = 0, equal = [\"AF_UNIX\", \"AF_INET\"] }"),
                 "socket");
    EXPECT_EQ(call.action, kForbidden);
    const std::vector<ArgumentRule> wanted{{{{0, ~0ULL, AF_UNIX}}, kAllow}, {{{0, ~0ULL, AF_INET}}, kAllow}};
    EXPECT_EQ(call.rules, wanted);
}

TEST_F(Profiles, MultiplyTheConditionsOfOneList) {
    const auto call =
        of_lists(list("\"socket\"", "log",
                      "{ argument = 0, equal = [1, 2] }, { argument = 1, mask = 0xf, equal = 3 }"),
                 "socket");
    const std::vector<ArgumentRule> wanted{{{{0, ~0ULL, 1}, {1, 0xf, 3}}, kLog},
                                           {{{0, ~0ULL, 2}, {1, 0xf, 3}}, kLog}};
    EXPECT_EQ(call.rules, wanted);
}

TEST_F(Profiles, IncludeEachOtherOnceAndBeforeThemselves) {
    write("a.toml", "include = [\"base\", \"b\"]\n" + list("\"chroot\"", "allow"));
    write("b.toml", "include = [\"base\"]\n" + list("\"clone3\"", "allow"));
    EXPECT_EQ(call({.profile = "a"}, "clone3").action, kAllow);
    EXPECT_EQ(call({.profile = "a"}, "chroot").action, kAllow);
    EXPECT_EQ(call({.profile = "a"}, "mount").action, kKill);
}

TEST_F(Profiles, OfTheAdministratorGoBeforeShippedOnesAndMayIncludeThem) {
    write("caddy.toml", "include = [\"caddy\"]\n" + list("\"chroot\"", "allow"));
    EXPECT_EQ(call({.profile = "caddy"}, "chroot").action, kAllow);
    EXPECT_EQ(call({.profile = "caddy"}, "openat").action, kAllow);
    EXPECT_EQ(call({.profile = "nginx"}, "chroot").action, kForbidden);
}

TEST_F(Profiles, SayWhichIncludeIsWrong) {
    write("a.toml", "description = \"x\"\ninclude = [\"b\"]\n");
    EXPECT_EQ(
        trouble_with({.profile = "a"}),
        dir_ +
            "/a.toml:2:12: there is no policy profile 'b'; there are a, base, caddy, files, generic, go, "
            "haproxy, nginx, traefik");
    write("b.toml", "include = [\"a\"]\n");
    EXPECT_EQ(trouble_with({.profile = "a"}), "profile 'a' includes itself by way of 'b'");
    EXPECT_EQ(trouble_with({.profile = "cady"}), "there is no policy profile 'cady'; did you mean 'caddy'?");
    write("c.toml", list("\"read\"", "allow"));
    EXPECT_EQ(trouble_with({.profile = "c"}),
              "policy profile 'c' has no 'default'; write default = \"errno:EPERM\"");
}

TEST_F(Profiles, WarnOfCallsThatAreTooNewForLibseccompWhereTheyAreNamed) {
    write("own.toml", kDefault + std::string{kNeeded} + list("\"file_setattr\", \"@file-system\"", "allow"));
    const auto policy = assembled({.profile = "own", .allow = {"listns"}});
    ASSERT_TRUE(policy) << policy.error().message;
    const std::vector<std::string> wanted{
        "policy profile 'own': system call 'file_setattr' is too new for this libseccomp; it stays refused",
        "[policy] allow: system call 'listns' is too new for this libseccomp; it stays refused"};
    EXPECT_EQ(policy->warnings, wanted);
}

TEST_F(Profiles, AreWidenedByGroupsOnlyWhereTheySayNothingThemselves) {
    const Wishes wishes{.profile = "caddy", .allow = {"@process", "@network-io", "@setuid"}};
    EXPECT_EQ(call(wishes, "setns").action, kKill);
    EXPECT_EQ(call(wishes, "clone3").action, kAbsent);
    EXPECT_FALSE(call(wishes, "socket").rules.empty());
    EXPECT_EQ(call(wishes, "setuid").action, kAllow);
}

TEST_F(Profiles, TakeACallByItsNameAtItsWordAndWarn) {
    const Wishes wishes{.profile = "caddy", .allow = {"unshare", "chroot"}};
    EXPECT_EQ(call(wishes, "unshare").action, kAllow);
    const auto policy = assembled(wishes);
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->warnings,
              std::vector<std::string>{"[policy] allow: 'unshare' can lead out of the sandbox"});
}

TEST_F(Profiles, AreNarrowedByDenyAfterAllow) {
    const Wishes wishes{
        .profile = "caddy", .allow = {"@setuid"}, .deny = {"setuid", "@timer", "mount", "clone"}};
    EXPECT_EQ(call(wishes, "setgid").action, kAllow);
    EXPECT_EQ(call(wishes, "setuid").action, kForbidden);
    EXPECT_EQ(call(wishes, "timer_create").action, kForbidden);
    EXPECT_EQ(call(wishes, "mount").action, kKill);
    EXPECT_TRUE(call(wishes, "clone").rules.empty());
    EXPECT_EQ(call(wishes, "clone").action, kForbidden);
}

TEST_F(Profiles, CannotDenyWhatStartsAProgram) {
    EXPECT_EQ(trouble_with({.profile = "caddy", .deny = {"@basic-io"}}),
              "policy profile 'caddy' must allow 'write', without which no program can be started");
    EXPECT_EQ(trouble_with({.profile = "caddy", .allow = {"chroot"}, .deny = {"chroot"}}),
              "[policy] 'chroot' is in both 'allow' and 'deny'");
}

TEST_F(Profiles, HaveFilesAddedByTheUser) {
    const auto policy =
        assembled({.profile = "caddy", .access = {.read = std::vector<Path>{{"/data", true}}}});
    ASSERT_TRUE(policy);
    ASSERT_TRUE(policy->access.read);
    EXPECT_EQ(policy->access.read->back(), (Path{"/data", true}));
    EXPECT_GT(policy->access.read->size(), 5U);
    EXPECT_FALSE(policy->access.tcp_bind);
    EXPECT_FALSE(shipped("generic").access.read);
    EXPECT_TRUE(shipped("generic").access.scope_signals);
}

}  // namespace
}  // namespace rs::policy
