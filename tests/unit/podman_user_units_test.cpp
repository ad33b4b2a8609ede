#include "supervisor/podman/user_units.hpp"

#include <gtest/gtest.h>

#include <string>

#include "supervisor/base/user.hpp"
#include "supervisor/podman/unit_state.hpp"

namespace rs {
namespace {

using Properties = std::map<std::string, std::string>;

UnitState named(const std::string& name) {
    UnitState unit;
    unit.name = name;
    return unit;
}

UnitState unit_with(const std::string& load, const std::string& active, const std::string& sub) {
    return read_unit(named("whoami.service"),
                     {{"LoadState", load}, {"ActiveState", active}, {"SubState", sub}});
}

TEST(ProblemOf, AnActiveUnitIsNone) {
    EXPECT_EQ(problem_of(unit_with("loaded", "active", "running")), "");
    EXPECT_EQ(problem_of(unit_with("loaded", "active", "exited")), "");
}

TEST(ProblemOf, AUnitThatReloadsServesMeanwhile) {
    EXPECT_EQ(problem_of(unit_with("loaded", "reloading", "reload")), "");
    EXPECT_EQ(problem_of(unit_with("loaded", "refreshing", "refresh")), "");
}

TEST(ProblemOf, AnActiveUnitIsNoneEvenIfItsFileIsGone) {
    EXPECT_EQ(problem_of(unit_with("not-found", "active", "running")), "");
}

TEST(ProblemOf, NamesTheStateThatIsNotActive) {
    EXPECT_EQ(problem_of(unit_with("loaded", "inactive", "dead")), "is inactive");
    EXPECT_EQ(problem_of(unit_with("loaded", "activating", "start-pre")), "is activating");
    EXPECT_EQ(problem_of(unit_with("loaded", "deactivating", "stop-sigterm")), "is deactivating");
}

TEST(ProblemOf, TellsTheResultOfAFailure) {
    UnitState unit = unit_with("loaded", "failed", "failed");
    EXPECT_EQ(problem_of(unit), "failed");
    unit.result = "exit-code";
    EXPECT_EQ(problem_of(unit), "failed (result exit-code)");
}

TEST(ProblemOf, AUnitBetweenFailureAndItsNextStartHasFailed) {
    UnitState unit = unit_with("loaded", "activating", "auto-restart");
    ASSERT_TRUE(has_failed(unit));
    unit.result = "signal";
    EXPECT_EQ(problem_of(unit), "failed (result signal) and will be started again");
}

TEST(ProblemOf, TellsWhyAUnitIsNotLoaded) {
    EXPECT_EQ(problem_of(unit_with("not-found", "inactive", "dead")), "is not found (no such unit file)");
    EXPECT_EQ(problem_of(unit_with("masked", "inactive", "dead")), "is masked");
    EXPECT_EQ(problem_of(unit_with("bad-setting", "inactive", "dead")), "cannot be loaded (bad-setting)");
}

TEST(ProblemOf, TellsWhatHinderedTheStart) {
    UnitState unit = unit_with("loaded", "inactive", "dead");
    unit.note = "its last job ended with result dependency";
    EXPECT_EQ(problem_of(unit), "is inactive (its last job ended with result dependency)");
    unit.active = "activating";
    EXPECT_EQ(problem_of(unit), "is activating");
}

TEST(ReadUnit, KeepsTheNameAndForgetsTheNoteOnceTheUnitStarts) {
    UnitState before = unit_with("loaded", "inactive", "dead");
    before.note = "its last job ended with result dependency";
    const auto read = [&before](const std::string& active) {
        return read_unit(before, {{"LoadState", "loaded"}, {"ActiveState", active}, {"Id", "other.service"}});
    };
    EXPECT_EQ(read("inactive").name, "whoami.service");
    EXPECT_EQ(read("inactive").note, before.note);
    EXPECT_EQ(read("activating").note, "");
    EXPECT_EQ(read("active").note, "");
}

TEST(ReadUnit, ForgetsTheNoteWithTheUnitFileItWasAbout) {
    UnitState before = unit_with("masked", "inactive", "dead");
    before.note = "cannot be started: Unit whoami.service is masked";
    EXPECT_EQ(read_unit(before, {{"LoadState", "loaded"}, {"ActiveState", "inactive"}}).note, "");
}

TEST(ReadUnit, WhatIsNotToldIsEmpty) {
    EXPECT_EQ(read_unit(named("whoami.service"), {}), named("whoami.service"));
}

TEST(ResultInterface, IsThatOfTheUnitsType) {
    EXPECT_EQ(result_interface("whoami@1.service"), "org.freedesktop.systemd1.Service");
    EXPECT_EQ(result_interface("home-test.automount"), "org.freedesktop.systemd1.Automount");
    EXPECT_EQ(result_interface("home-test.mount"), "org.freedesktop.systemd1.Mount");
    EXPECT_EQ(result_interface("default.target"), "");
}

PodmanPaths nowhere() {
    return {.runtime_dir = {"/run/user/1000", "/nonexistent"}, .runroot = ""};
}

TEST(UserUnits, WithoutUnitsNothingIsMissing) {
    auto loop = Loop::create();
    ASSERT_TRUE(loop);
    UserUnits units{nowhere(), {}, false};
    units.arm(*loop, [] { FAIL(); });
    EXPECT_TRUE(units.state());
    EXPECT_FALSE(units.asking());
}

TEST(UserUnits, WithoutAManagerAllAreMissing) {
    auto loop = Loop::create();
    ASSERT_TRUE(loop);
    UserUnits units{nowhere(), {"a.service", "b.service"}, false};
    units.arm(*loop, [] { FAIL(); });
    EXPECT_FALSE(units.asking());
    ASSERT_FALSE(units.state());
    EXPECT_EQ(units.state().error().text(),
              "the systemd manager of user " + user_name() +
                  " is not running (cannot connect to '/run/user/1000/systemd/private'); "
                  "waiting for units a.service, b.service");
    EXPECT_EQ(units.items(), (std::vector{named("a.service"), named("b.service")}));
}

}  // namespace
}  // namespace rs
