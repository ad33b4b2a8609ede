#include "tests/unit/machine_driver.hpp"

namespace rs {
namespace {

using namespace machine_test;

// --- waiting and starting ---

TEST(Machine, LooksForTheNetworkFirst) {
    Driver driver;
    driver << event::Begin{};
    EXPECT_EQ(driver.machine.state, State::waiting);
    EXPECT_NE(driver.effect<effect::Look>(), nullptr);
    EXPECT_EQ(driver.effects.size(), 1U);
}

TEST(Machine, WaitsWithoutATimerAndSaysForWhat) {
    Driver driver;
    driver << event::Begin{} << event::NetworkMissing{"no pause process; waiting for one"};
    EXPECT_EQ(driver.machine.state, State::waiting);
    EXPECT_EQ(driver.effect<effect::SetTimer>(), nullptr);
    ASSERT_NE(driver.effect<effect::Report>(), nullptr);
    EXPECT_EQ(driver.machine.status_text(), "Waiting for Podman: no pause process; waiting for one");
}

TEST(Machine, SaysTheSameThingOnlyOnce) {
    Driver driver;
    driver << event::Begin{} << event::NetworkMissing{"x"} << event::NetworkMissing{"x"};
    EXPECT_THAT(driver.effects, IsEmpty());
    driver << event::NetworkMissing{"y"};
    EXPECT_NE(driver.effect<effect::Report>(), nullptr);
}

TEST(Machine, LaunchesWithinTheStartTimeoutOnceTheNetworkIsThere) {
    const Driver driver = starting();
    EXPECT_EQ(driver.machine.state, State::starting);
    EXPECT_THAT(driver.launched(), ElementsAre(1));
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->delay, 60s);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->timer, (Timer{Timer::Kind::start, 1}));
}

TEST(Machine, StartsWithoutATimerWhenTheStartTimeoutIsForEver) {
    Driver driver;
    driver.machine.settings.start_timeout = 0s;
    driver << event::Begin{} << event::NetworkFound{1};
    EXPECT_EQ(driver.effect<effect::SetTimer>(), nullptr);
}

TEST(Machine, StartsAnewWhenTheNetworkIsRecreatedMeanwhile) {
    Driver driver = starting();
    driver << event::NetworkFound{2};
    EXPECT_EQ(driver.machine.state, State::starting);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    EXPECT_THAT(driver.launched(), ElementsAre(2));
    driver << event::ProxyReady{1} << settled(1);  // too late
    EXPECT_EQ(driver.machine.state, State::starting);
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(driver.machine.state, State::running);
}

TEST(Machine, TellsSystemdReadyOnlyWhenTheProxyIs) {
    Driver driver = starting();
    driver << event::ProxyExecuted{1};
    EXPECT_EQ(driver.machine.state, State::starting);
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
    driver << event::ProxyReady{1} << settled(1);
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
}

TEST(Machine, TakesAProxyThatCannotNotifyForReadyOnceItIsExecuted) {
    Driver driver;
    driver.machine.settings.ready_on_exec = true;
    driver << event::Begin{} << event::NetworkFound{1} << event::ProxyReady{1};
    EXPECT_EQ(driver.machine.state, State::starting);
    driver << event::ProxyExecuted{1} << settled(1);
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
}

TEST(Machine, LooksOnceMoreWhenTheProxyIsReady) {
    EXPECT_NE(running().effect<effect::Look>(), nullptr);
}

TEST(Machine, PassesTheProxysStatusOn) {
    Driver driver = running();
    driver << event::ProxyStatus{1, "serving 3 sites"};
    EXPECT_EQ(driver.machine.status_text(), "Proxy ready: serving 3 sites");
    driver << event::ProxyStatus{7, "I am nobody"};
    EXPECT_EQ(driver.machine.status_text(), "Proxy ready: serving 3 sites");
}

TEST(Machine, KeepsTheStatusThatCameWithReady) {
    Driver driver = starting();
    driver << event::ProxyStatus{1, "serving"} << event::ProxyReady{1} << settled(1);
    EXPECT_EQ(driver.machine.status_text(), "Proxy ready: serving");
}

TEST(Machine, ShowsTheStatusOfTheProxyThatServes) {
    Driver driver = running();
    driver << event::ProxyStatus{1, "old"} << event::NetworkFound{2} << event::ProxyStatus{2, "new"};
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(driver.machine.status_text(), "Proxy ready: new");
}

// --- a start that fails ---

TEST(Machine, ExitsAsTheFirstLaunchFailureSays) {
    Driver driver = starting();
    driver << event::LaunchFailed{1, "cannot execute '/x': No such file or directory", 127};
    EXPECT_EQ(driver.machine.state, State::failed);
    EXPECT_EQ(driver.exit_status(), 127);
    EXPECT_EQ(driver.machine.why, "cannot execute '/x': No such file or directory");
}

TEST(Machine, FailsWhenTheProxyEndsWellButBeforeItWasReady) {
    Driver driver = starting();
    driver << event::ProxyEnded{1, kExitedWell};
    EXPECT_EQ(driver.exit_status(), 1);
    EXPECT_EQ(driver.machine.why, "proxy exited with status 0 before it was ready");
}

TEST(Machine, StopsAProxyThatDoesNotBecomeReadyInTime) {
    Driver driver = starting();
    driver << event::TimerFired{{Timer::Kind::start, 1}};
    EXPECT_EQ(driver.machine.state, State::stopping);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    driver << event::ProxyEnded{1, kExitedWell};
    EXPECT_EQ(driver.exit_status(), 75);
}

// --- the network is recreated ---

TEST(Machine, StartsASuccessorWhileTheOldProxyServes) {
    const Driver driver = replacing();
    EXPECT_EQ(driver.machine.state, State::replacing);
    EXPECT_THAT(driver.launched(), ElementsAre(2));
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
}

TEST(Machine, StopsTheOldProxyOnlyWhenTheSuccessorIsReady) {
    Driver driver = replacing();
    driver << event::ProxyExecuted{2};
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
}

TEST(Machine, KillsAnOldProxyThatDoesNotDrainAndServesOn) {
    Driver driver = replacing();
    driver << event::ProxyReady{2} << settled(2) << event::TimerFired{{Timer::Kind::stop, 1}};
    EXPECT_THAT(driver.killed(), ElementsAre(1));
    driver << event::ProxyEnded{1, {.by_signal = true, .value = SIGKILL}};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_EQ(driver.exit_status(), -1);
}

TEST(Machine, LeavesTheProxyAloneWhenTheNetworkIsStillTheSame) {
    Driver driver = running();
    driver << event::NetworkMissing{"gone"} << event::NetworkFound{1};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_THAT(driver.launched(), IsEmpty());
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
}

TEST(Machine, ServesOnWhileTheNetworkIsGoneAndSaysSo) {
    Driver driver = running();
    driver << event::NetworkMissing{"no container; waiting for one"};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    EXPECT_EQ(driver.machine.status_text(),
              "Proxy ready, but not its network: no container; waiting for one");
    driver << event::NetworkFound{2};
    EXPECT_EQ(driver.machine.state, State::replacing);
}

TEST(Machine, GivesUpASuccessorWhoseNetworkIsRecreatedToo) {
    Driver driver = replacing();
    driver << event::NetworkFound{3};
    EXPECT_EQ(driver.machine.state, State::replacing);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(2));
    EXPECT_THAT(driver.launched(), ElementsAre(3));
    driver << event::ProxyEnded{2, kCrashed};  // of no interest any more
    EXPECT_EQ(driver.machine.failures, 0);
    driver << event::ProxyReady{3} << settled(3);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    EXPECT_EQ(driver.machine.state, State::running);
}

TEST(Machine, KeepsTheOldProxyWhenTheSuccessorFailsAndTriesAgain) {
    Driver driver = replacing();
    driver << event::ProxyEnded{2, kCrashed};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    ASSERT_NE(driver.effect<effect::Report>(), nullptr);
    EXPECT_TRUE(driver.effect<effect::Report>()->warning);
    driver << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_EQ(driver.machine.state, State::replacing);
    EXPECT_THAT(driver.launched(), ElementsAre(3));
}

TEST(Machine, NeverGivesUpOnSuccessorsWhileTheOldProxyServes) {
    Driver driver = replacing();
    for (ProxyId id = 2; id < 20; ++id) {
        driver << event::ProxyEnded{id, kCrashed};
        ASSERT_EQ(driver.machine.state, State::running);
        driver << event::TimerFired{{Timer::Kind::retry}};
        ASSERT_EQ(driver.machine.state, State::replacing);
    }
}

TEST(Machine, GoesOnStartingTheSuccessorWhenTheOldProxyEnds) {
    Driver driver = replacing();
    driver << event::ProxyEnded{1, kCrashed};
    EXPECT_EQ(driver.machine.state, State::starting);
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(driver.machine.state, State::running);
}

TEST(Machine, KeepsTheOldProxyWhenTheSuccessorSaysReadyAndEnds) {
    Driver driver = replacing();
    driver << event::ProxyReady{2};
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->timer, (Timer{Timer::Kind::settle, 2}));
    driver << event::ProxyEnded{2, kCrashed};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    driver << settled(2);  // too late
    EXPECT_EQ(driver.machine.state, State::running);
}

TEST(Machine, FailsTheStartOfAProxyThatSaysReadyAndEnds) {
    Driver driver = starting();
    driver << event::ProxyReady{1} << event::ProxyEnded{1, kExitedWell};
    EXPECT_EQ(driver.machine.state, State::failed);
    EXPECT_EQ(driver.machine.why, "proxy exited with status 0");
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
}

}  // namespace
}  // namespace rs
