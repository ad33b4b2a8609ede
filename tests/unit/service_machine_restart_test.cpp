#include "supervisor/service/backoff.hpp"
#include "tests/unit/machine_driver.hpp"

namespace rs {
namespace {

using namespace machine_test;

// --- restarts ---

TEST(Machine, RestartsAProxyThatEndsAfterAPause) {
    Driver driver = running();
    driver << event::ProxyEnded{1, kCrashed};
    EXPECT_EQ(driver.machine.state, State::backoff);
    EXPECT_EQ(driver.machine.why, "proxy was killed by SIGSEGV");
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->timer.kind, Timer::Kind::retry);
    EXPECT_THAT(driver.launched(), IsEmpty());
    driver << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_EQ(driver.machine.state, State::starting);
    EXPECT_THAT(driver.launched(), ElementsAre(2));
}

TEST(Machine, PausesLongerAfterEachFailureInARow) {
    EXPECT_EQ(backoff_after(1), 100ms);
    EXPECT_EQ(backoff_after(2), 200ms);
    EXPECT_EQ(backoff_after(8), 12'800ms);
    EXPECT_EQ(backoff_after(9), 25'600ms);
    EXPECT_EQ(backoff_after(10), 30s);
    EXPECT_EQ(backoff_after(1'000'000), 30s);
}

TEST(Machine, GivesUpAfterTooManyFailuresInARowWithTheLastStatus) {
    Driver driver = running();
    for (ProxyId id = 1; id <= 3; ++id) {
        driver << event::ProxyEnded{id, {.by_signal = false, .value = 7}};
        ASSERT_EQ(driver.machine.state, State::backoff);
        driver << event::TimerFired{{Timer::Kind::retry}};
    }
    driver << event::ProxyEnded{4, {.by_signal = false, .value = 9}};
    EXPECT_EQ(driver.machine.state, State::failed);
    EXPECT_EQ(driver.exit_status(), 9);
}

TEST(Machine, CountsAnewOnceAProxyHasServedForLong) {
    Driver driver = running();
    for (ProxyId id = 1; id < 10; ++id) {
        driver.now += 60s;
        driver << event::ProxyEnded{id, kCrashed};
        ASSERT_EQ(driver.machine.state, State::backoff);
        ASSERT_EQ(driver.machine.failures, 1);
        driver << event::TimerFired{{Timer::Kind::retry}} << event::ProxyReady{id + 1} << settled(id + 1);
        ASSERT_EQ(driver.machine.state, State::running);
    }
}

TEST(Machine, WaitsForTheNetworkBeforeItRestarts) {
    Driver driver = running();
    driver << event::NetworkMissing{"gone"} << event::ProxyEnded{1, kCrashed}
           << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_EQ(driver.machine.state, State::waiting);
    driver << event::NetworkFound{2};
    EXPECT_EQ(driver.machine.state, State::starting);
}

TEST(Machine, DoesNotPauseInANewNetwork) {
    Driver driver = running();
    driver << event::ProxyEnded{1, kCrashed} << event::NetworkFound{2};
    EXPECT_EQ(driver.machine.state, State::starting);
    ASSERT_NE(driver.effect<effect::ClearTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::ClearTimer>()->timer.kind, Timer::Kind::retry);
}

TEST(Machine, TellsReadyOnlyOnce) {
    Driver driver = running();
    driver << event::ProxyEnded{1, kCrashed} << event::TimerFired{{Timer::Kind::retry}}
           << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
}

// --- health, pings and reloads ---

Driver probed() {
    Driver driver;
    driver.machine.settings.probed = true;
    driver << event::Begin{} << event::NetworkFound{1};
    return driver;
}

TEST(Machine, IsNotReadyBeforeTheHealthChecksPass) {
    Driver driver = probed();
    driver << event::ProxyReady{1};
    EXPECT_NE(driver.effect<effect::Probe>(), nullptr);
    driver << settled(1);
    EXPECT_EQ(driver.machine.state, State::starting);
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
    driver << event::ProxyHealthy{1};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
}

TEST(Machine, SaysOnceWhyTheStartingProxyIsUnhealthyAndAgainWhenItGivesUp) {
    Driver driver = probed();
    driver.machine.settings.start_timeout = 2s;
    driver << event::ProxyReady{1} << settled(1) << event::ProxyUnhealthy{1, "status 502"};
    ASSERT_NE(driver.effect<effect::Report>(), nullptr);
    EXPECT_EQ(driver.effect<effect::Report>()->text, "the starting proxy is unhealthy: status 502");
    driver << event::ProxyUnhealthy{1, "status 502"};
    EXPECT_THAT(driver.effects, IsEmpty());
    driver << event::TimerFired{{Timer::Kind::start, 1}};
    EXPECT_EQ(driver.machine.why, "proxy not ready within 2 s: status 502");
}

TEST(Machine, ReplacesAnUnhealthyProxyInsteadOfKillingIt) {
    Driver driver = probed();
    driver << event::ProxyReady{1} << settled(1) << event::ProxyHealthy{1}
           << event::ProxyUnhealthy{1, "status 502"};
    EXPECT_EQ(driver.machine.state, State::replacing);
    EXPECT_EQ(driver.machine.why, "proxy unhealthy: status 502");
    EXPECT_THAT(driver.launched(), ElementsAre(2));
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    driver << event::ProxyReady{2} << settled(2) << event::ProxyHealthy{2};
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    EXPECT_EQ(driver.machine.state, State::running);
}

TEST(Machine, KeepsTryingToReplaceAnUnhealthyProxy) {
    Driver driver = running();
    driver << event::ProxyUnhealthy{1, "x"} << event::ProxyEnded{2, kCrashed}
           << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_THAT(driver.launched(), ElementsAre(3));
    EXPECT_TRUE(driver.machine.recoverable());
    for (ProxyId id = 3; id < 6; ++id)
        driver << event::ProxyEnded{id, kCrashed} << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_FALSE(driver.machine.recoverable());
}

TEST(Machine, ReplacesAProxyThatFallsSilent) {
    Driver driver;
    driver.machine.settings.ping_timeout = 5s;
    driver << event::Begin{} << event::NetworkFound{1} << event::ProxyReady{1} << settled(1);
    driver << event::ProxyPinged{1};
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->timer, (Timer{Timer::Kind::ping, 1}));
    driver << event::TimerFired{{Timer::Kind::ping, 1}};
    EXPECT_EQ(driver.machine.state, State::replacing);
}

TEST(Machine, ReloadsByReplacingTheProxy) {
    Driver driver = running();
    driver << event::ReloadRequested{};
    EXPECT_NE(driver.effect<effect::TellReloading>(), nullptr);
    EXPECT_NE(driver.effect<effect::ReadConfig>(), nullptr);
    driver << event::Reloaded{driver.machine.settings, false};
    EXPECT_EQ(driver.machine.state, State::replacing);
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
    EXPECT_EQ(driver.machine.state, State::running);
}

TEST(Machine, ReloadsBySignalWhereTheProxyCan) {
    Driver driver = running();
    driver.machine.settings.reload_by_signal = true;
    driver << event::ReloadRequested{} << event::Reloaded{driver.machine.settings, false};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_NE(driver.effect<effect::AskToReload>(), nullptr);
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
    driver << event::ProxyReady{1};
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
}

TEST(Machine, ReplacesTheProxyWhenItsCommandChangedEvenIfItCouldReload) {
    Driver driver = running();
    driver.machine.settings.reload_by_signal = true;
    driver << event::ReloadRequested{} << event::Reloaded{driver.machine.settings, true};
    EXPECT_EQ(driver.effect<effect::AskToReload>(), nullptr);
    EXPECT_EQ(driver.machine.state, State::replacing);
}

TEST(Machine, EndsAReloadThatFailsAndKeepsTheOldProxyWithoutTryingAgain) {
    Driver driver = running();
    driver << event::ReloadRequested{} << event::Reloaded{driver.machine.settings, false}
           << event::ProxyEnded{2, kCrashed};
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
}

TEST(Machine, EndsAReloadThatWasRefusedAndChangesNothing) {
    Driver driver = running();
    driver << event::ReloadRequested{} << event::ReloadRefused{"x.toml:1:1: unknown key"};
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_THAT(driver.launched(), IsEmpty());
}

TEST(Machine, TakesANewConfigurationWhileItWaitsWithoutTellingReady) {
    Driver driver;
    driver << event::Begin{} << event::NetworkMissing{"x"} << event::ReloadRequested{}
           << event::Reloaded{driver.machine.settings, true};
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
    EXPECT_EQ(driver.effect<effect::TellReloading>(), nullptr);
    EXPECT_EQ(driver.machine.state, State::waiting);
}

TEST(Machine, GivesUpWaitingAfterTheTimeout) {
    Driver driver;
    driver.machine.settings.wait_timeout = 30min;
    driver << event::Begin{};
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->timer.kind, Timer::Kind::wait);
    driver << event::NetworkMissing{"no container; waiting for one"}
           << event::TimerFired{{Timer::Kind::wait}};
    EXPECT_EQ(driver.machine.state, State::failed);
    EXPECT_EQ(driver.exit_status(), 69);
    EXPECT_EQ(driver.machine.why, "no container; waiting for one (for 1800 s)");
}

// --- stopping ---

TEST(Machine, StopsAtOnceWhileWaiting) {
    Driver driver;
    driver << event::Begin{} << event::NetworkMissing{"x"} << event::StopRequested{};
    EXPECT_EQ(driver.machine.state, State::stopped);
    EXPECT_EQ(driver.exit_status(), 0);
}

TEST(Machine, StopsAtOnceInBackoff) {
    Driver driver = running();
    driver << event::ProxyEnded{1, kCrashed} << event::StopRequested{};
    EXPECT_EQ(driver.machine.state, State::stopped);
    EXPECT_EQ(driver.exit_status(), 0);
}

TEST(Machine, AsksTheProxyToStopThenKillsIt) {
    Driver driver = running();
    driver << event::StopRequested{};
    EXPECT_EQ(driver.machine.state, State::stopping);
    EXPECT_NE(driver.effect<effect::TellStopping>(), nullptr);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->delay, 10s);
    EXPECT_THAT(driver.killed(), IsEmpty());

    driver << event::TimerFired{{Timer::Kind::stop, 1}};
    EXPECT_THAT(driver.killed(), ElementsAre(1));
    driver << event::ProxyEnded{1, {.by_signal = true, .value = SIGKILL}};
    EXPECT_EQ(driver.machine.state, State::failed);
    EXPECT_EQ(driver.exit_status(), 1);
}

TEST(Machine, StopsEveryProxyAndWaitsForTheLast) {
    Driver driver = replacing();
    driver << event::StopRequested{};
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(2, 1));
    driver << event::ProxyEnded{2, kExitedWell};
    EXPECT_EQ(driver.machine.state, State::stopping);
    driver << event::ProxyEnded{1, kExitedWell};
    EXPECT_EQ(driver.machine.state, State::stopped);
    EXPECT_EQ(driver.exit_status(), 0);
}

TEST(Machine, TakesDeathByTheStopSignalForAGracefulStop) {
    Driver driver = running();
    driver << event::StopRequested{} << event::ProxyEnded{1, {.by_signal = true, .value = SIGTERM}};
    EXPECT_EQ(driver.machine.state, State::stopped);
}

TEST(Machine, PassesAFailureToStopOn) {
    Driver driver = running();
    driver << event::StopRequested{} << event::ProxyEnded{1, {.by_signal = false, .value = 9}};
    EXPECT_EQ(driver.exit_status(), 9);
}

TEST(Machine, IgnoresASecondStopRequest) {
    Driver driver = running();
    driver << event::StopRequested{} << event::StopRequested{};
    EXPECT_THAT(driver.effects, IsEmpty());
}

TEST(Machine, StartsNothingWhileItStops) {
    Driver driver = running();
    driver << event::StopRequested{} << event::NetworkFound{2};
    EXPECT_THAT(driver.launched(), IsEmpty());
    driver << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_THAT(driver.launched(), IsEmpty());
    EXPECT_EQ(driver.machine.state, State::stopping);
}

TEST(Machine, NeverLeavesTheEnd) {
    Driver driver = running();
    driver << event::StopRequested{} << event::ProxyEnded{1, kExitedWell};
    ASSERT_EQ(driver.machine.state, State::stopped);
    const std::vector<Event> all = {event::Begin{},
                                    event::NetworkFound{5},
                                    event::NetworkMissing{"x"},
                                    event::ProxyExecuted{1},
                                    event::ProxyReady{1},
                                    event::ProxyStatus{1, "x"},
                                    event::ProxyPinged{1},
                                    event::ProxyHealthy{1},
                                    event::ProxyUnhealthy{1, "x"},
                                    event::Reloaded{},
                                    event::ReloadRefused{"x"},
                                    event::ReloadRequested{},
                                    event::LaunchFailed{1, "x", 1},
                                    event::ProxyEnded{1, kCrashed},
                                    event::TimerFired{{Timer::Kind::retry}},
                                    event::StopRequested{}};
    for (const auto& event : all) {
        driver << event;
        EXPECT_EQ(driver.machine.state, State::stopped);
        EXPECT_THAT(driver.effects, IsEmpty());
    }
}

TEST(Machine, RemembersWhenItEnteredItsState) {
    Driver driver = starting();
    const TimePoint entered = driver.now;
    driver << event::ProxyStatus{1, "loading"};
    EXPECT_EQ(driver.machine.since, entered);
    driver << event::ProxyReady{1} << settled(1);
    EXPECT_EQ(driver.machine.since, driver.now);
}

}  // namespace
}  // namespace rs
