#include "supervisor/ctl/checks.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include "supervisor/ctl/decode.hpp"
#include "supervisor/ctl/explanation.hpp"
#include "tests/unit/ctl_golden.hpp"

namespace rs::ctl::checks {
namespace {

constexpr const char* kRuntime = "/run/user/1000";

UnitFacts unit(std::string active, std::string sub) {
    return {.load = "loaded", .active = std::move(active), .sub = std::move(sub), .triggered_by = {}};
}

ServiceFacts shipped() {
    ServiceFacts facts;
    facts.type = "notify-reload";
    facts.result = "success";
    facts.user = "test";
    facts.protect_home = "yes";
    facts.open_files = {"/run/user"};
    facts.restrict_namespaces = CLONE_NEWUSER | CLONE_NEWNET;
    return facts;
}

// The setting that is in the way, and nothing else.
std::string in_the_way(const ServiceFacts& facts, const std::string& runtime = kRuntime) {
    const auto checks = settings("caddy", facts, runtime);
    EXPECT_EQ(checks.size(), 1U);
    return checks.front().passed == true ? "" : checks.front().what;
}

TEST(UnitSettings, AreRightAsShipped) {
    EXPECT_EQ(in_the_way(shipped()), "");
}

TEST(UnitSettings, MayHideTheHomeOnlyBesideAnOpenFile) {
    ServiceFacts facts = shipped();
    facts.open_files = {"/run/users", "/etc"};
    EXPECT_EQ(in_the_way(facts), "ProtectHome=");
    facts.protect_home = "tmpfs";
    EXPECT_EQ(in_the_way(facts), "ProtectHome=");
    facts.protect_home = "read-only";
    EXPECT_EQ(in_the_way(facts), "");
    facts.protect_home = "yes";
    EXPECT_EQ(in_the_way(facts, "/srv/runtime"), "");
    facts.open_files = {"/run/user/1000"};
    EXPECT_EQ(in_the_way(facts), "");
}

TEST(UnitSettings, MayNotKeepTheSupervisorFromTheNamespaces) {
    ServiceFacts facts = shipped();
    facts.private_users = true;
    EXPECT_EQ(in_the_way(facts), "PrivateUsers=");
    facts = shipped();
    for (const int allowed : {0, CLONE_NEWNET, CLONE_NEWUSER, CLONE_NEWNS}) {
        facts.restrict_namespaces = static_cast<std::uint64_t>(allowed);
        EXPECT_EQ(in_the_way(facts), "RestrictNamespaces=") << allowed;
    }
    facts.restrict_namespaces = ~0ULL;
    EXPECT_EQ(in_the_way(facts), "");
}

TEST(UnitSettings, MustHaveAUserAndTellOfReadiness) {
    ServiceFacts facts = shipped();
    facts.user = "";
    EXPECT_EQ(in_the_way(facts), "User=");
    facts = shipped();
    facts.type = "simple";
    EXPECT_EQ(in_the_way(facts), "Type=");
    facts.type = "notify";
    EXPECT_EQ(in_the_way(facts), "");
}

TEST(TheUnit, HasARemedyForEachOfItsTroubles) {
    const auto remedy = [](const UnitFacts& facts) {
        return service("caddy", facts, shipped()).remedy.value_or("");
    };
    EXPECT_EQ(remedy(unit("active", "running")), "");
    EXPECT_EQ(remedy(unit("activating", "start")), "");
    EXPECT_EQ(remedy(unit("inactive", "dead")), "systemctl enable --now caddy.service");
    EXPECT_TRUE(remedy(unit("failed", "failed")).contains("systemctl restart caddy.service"));
    UnitFacts facts = unit("active", "running");
    facts.needs_daemon_reload = true;
    EXPECT_TRUE(remedy(facts).contains("daemon-reload"));
    facts.load = "not-found";
    EXPECT_TRUE(remedy(facts).contains("/etc/systemd/system"));
}

TEST(SubordinateIds, AreFoundByNameAndByNumber) {
    EXPECT_EQ(subordinate_ids("test", 1000, "test:100000:65536\n", "1000:100000:65536\n", false).passed,
              true);
    EXPECT_EQ(subordinate_ids("test", 1000, "tester:100000:65536\n", "test:100000:65536", false).passed,
              false);
    EXPECT_EQ(subordinate_ids("test", 1000, "test:100000:0\n", "test:100000:65536", false).passed, false);
    EXPECT_EQ(subordinate_ids("test", 1000, "", "", true).passed, std::nullopt);
}

TEST(SubordinateIds, AreAddedWhereNobodyHasAny) {
    const Check check = subordinate_ids("test", 1000, "other:524288:65536\n", "", false);
    ASSERT_TRUE(check.remedy);
    EXPECT_TRUE(check.remedy->contains("--add-subuids 589824-655359 --add-subgids 589824-655359 test"))
        << *check.remedy;
    EXPECT_EQ(free_range(""), 524'288U);
    EXPECT_EQ(free_range("a:100000:65536"), 524'288U);
    EXPECT_EQ(free_range("a:524288:1"), 589'824U);
    EXPECT_EQ(free_range("nonsense\n:::\na:x:y"), 524'288U);
}

TEST(TheVersionOfCaddy, MustBe29OrLater) {
    const auto verdict = [](std::string_view printed) {
        return caddy_version("/usr/bin/caddy", printed).passed;
    };
    EXPECT_EQ(verdict("v2.9.0 h1:abc=\n"), true);
    EXPECT_EQ(verdict("2.11.4\n"), true);
    EXPECT_EQ(verdict("v2.10.0-beta.1 h1:x"), true);
    EXPECT_EQ(verdict("v3.0.0"), true);
    EXPECT_EQ(verdict("2.6.2\n"), false);
    EXPECT_EQ(verdict("v2.8.4 h1:x"), false);
    EXPECT_EQ(verdict("(devel)\n"), std::nullopt);
    EXPECT_EQ(verdict(""), std::nullopt);
}

TEST(TheNameService, IsThatOfTheConfiguredNetwork) {
    Configured configured;
    configured.network = "backend";
    EXPECT_EQ(name_service(configured, {"backend", "web"}).passed, true);
    EXPECT_EQ(name_service(configured, {"web"}).passed, false);
    EXPECT_EQ(name_service(configured, {}).passed, false);
    configured.dns = false;
    EXPECT_EQ(name_service(configured, {}).passed, true);
}

TEST(UserUnits, AreToBeStartedOrLookedAt) {
    EXPECT_EQ(wait_for("test", "whoami.service", unit("active", "running")).passed, true);
    EXPECT_EQ(wait_for("test", "whoami.service", unit("inactive", "dead")).remedy,
              "systemctl --user --machine=test@ start whoami.service");
    EXPECT_TRUE(wait_for("test", "whoami.service", unit("failed", "failed")).remedy->contains("restart"));
}

TEST(WhatTheStatusTells, IsJudgedToo) {
    Status status = golden::status("healthy");
    EXPECT_EQ(configuration_taken(status).passed, true);
    EXPECT_EQ(sockets_passed(status, true).passed, true);
    status.config_changed = true;
    status.sockets.clear();
    EXPECT_EQ(configuration_taken(status).remedy, "supervisorctl reload caddy");
    EXPECT_EQ(sockets_passed(status, true).passed, false);
    EXPECT_EQ(sockets_passed(status, false).passed, std::nullopt);
}

TEST(AnExplanation, IsTheOneThatWasAgreedOn) {
    const std::vector<Check> checks{
        {"configuration", true, "/etc/rootless-supervisor/caddy.toml is right", {}},
        service("caddy", unit("inactive", "dead"), shipped()),
        lingering("test", false),
        subordinate_ids("test", 1000, "", "", false),
        {"supervisor", std::nullopt, "\x1b[31mred\nnews", {}}};
    for (const bool symbols : {true, false}) {
        const Style style{.width = 0, .colour = false, .symbols = symbols, .utf8 = symbols};
        golden::expect(symbols ? "explain.txt" : "explain.ascii.txt",
                       render(explanation("caddy", checks, style), style));
    }
    const auto reread = decode_checks(to_json(checks).get());
    ASSERT_TRUE(reread) << reread.error().message;
    ASSERT_EQ(reread->size(), checks.size());
    EXPECT_EQ((*reread)[1].remedy, checks[1].remedy);
    EXPECT_EQ((*reread)[4].passed, std::nullopt);
}

}  // namespace
}  // namespace rs::ctl::checks
