// What a failed verb is told as, and which services there are.
#include <gtest/gtest.h>
#include <systemd/sd-varlink.h>

#include <cerrno>

#include "supervisor/control/interface.h"
#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/instances.hpp"
#include "supervisor/ctl/output.hpp"
#include "supervisor/ctl/verbs.hpp"

namespace rs::ctl {
namespace {

const Target kHere{"", "caddy"};
const Target kThere{"web1", "caddy"};

Told answered(const char* id, const std::string& reason = "", Verb verb = Verb::restart) {
    return told({.id = id, .reason = reason}, kHere, verb);
}

TEST(AFailedVerb, SaysTheReasonAndWhereToLook) {
    const Told failed = answered(RS_INTERFACE ".ProxyFailed", "it exited with status 1");
    EXPECT_EQ(failed.exit_status, kFailed);
    EXPECT_EQ(failed.line,
              "caddy: the proxy does not serve: it exited with status 1; see supervisorctl logs caddy");
    EXPECT_EQ(answered(RS_INTERFACE ".ReloadFailed", "caddy.toml:3:1: unknown key", Verb::reload).line,
              "caddy: not reloaded, what held before holds on: caddy.toml:3:1: unknown key");
    EXPECT_EQ(answered(RS_INTERFACE ".Superseded", "stopped meanwhile").exit_status, kFailed);
    EXPECT_EQ(answered(RS_INTERFACE ".Stopping").exit_status, kFailed);
}

TEST(AFailedVerb, IsNoFailureWhereThereWasNothingToDo) {
    EXPECT_EQ(answered(RS_INTERFACE ".NotStopped", "", Verb::start).exit_status, kOk);
}

TEST(AFailedVerb, SaysHowToBePermitted) {
    const Told failed = answered(SD_VARLINK_ERROR_PERMISSION_DENIED);
    EXPECT_EQ(failed.exit_status, kUnreachable);
    EXPECT_TRUE(failed.line.ends_with("try sudo supervisorctl restart caddy")) << failed.line;
}

TEST(AFailedVerb, SaysThatNobodyAnswers) {
    for (const int code : {ENOENT, ECONNREFUSED, EACCES, ETIME})
        EXPECT_EQ(told({.id = "", .reason = "", .code = code}, kHere, Verb::stop).exit_status, kUnreachable);
    EXPECT_EQ(answered(SD_VARLINK_ERROR_DISCONNECTED).exit_status, kUnreachable);
}

TEST(AFailedVerb, NamesTheHostInWhatToDo) {
    const Told failed = told({.id = RS_INTERFACE ".ProxyFailed", .reason = "x"}, kThere, Verb::restart);
    EXPECT_EQ(failed.line,
              "caddy on web1: the proxy does not serve: x; see supervisorctl -H web1 logs caddy");
}

TEST(AFailedVerb, IsOneLineWhateverItsError) {
    for (const char* id :
         {RS_INTERFACE ".ProxyFailed", RS_INTERFACE ".NewerError", SD_VARLINK_ERROR_METHOD_NOT_FOUND})
        EXPECT_FALSE(answered(id, "reason").line.empty()) << id;
}

TEST(Instances, AreThoseWithASocketOrAConfiguration) {
    const auto found = instances_in(
        "/run/rootless-supervisor/web/control\n/run/rootless-supervisor/caddy/control\n"
        "/etc/rootless-supervisor/caddy.toml\n/etc/rootless-supervisor/old.v1.toml\nls: nonsense\n\n");
    const std::vector<Instance> expected{
        {"caddy", true, true}, {"old.v1", false, true}, {"web", true, false}};
    EXPECT_EQ(found, expected);
    EXPECT_TRUE(instances_in("").empty());
}

TEST(WordsForAnotherShell, AreOneWordThere) {
    EXPECT_EQ(shell_quoted("a b"), "'a b'");
    EXPECT_EQ(shell_quoted("it's; $(x)"), "'it'\\''s; $(x)'");
}

TEST(LabelledJson, HasTheNameBeforeTheAnswer) {
    const auto answer = parse_json(R"({"checks": []})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(to_text(labelled(kThere, answer->get()).get(), false),
              "{\"host\":\"web1\",\"name\":\"caddy\",\"checks\":[]}\n");
}

}  // namespace
}  // namespace rs::ctl
