#include "supervisor/service/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "supervisor/service/backoff.hpp"

namespace rs {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ProcessEnd kExitedWell{.by_signal = false, .value = 0};
constexpr ProcessEnd kCrashed{.by_signal = true, .value = SIGSEGV};

// A machine with a clock of its own; remembers the effects of the last event.
struct Driver {
    Machine machine;
    TimePoint now{};
    std::vector<Effect> effects;

    Driver() {
        machine.settings = {.stop_signal = SIGTERM,
                            .restart_limit = 3,
                            .start_timeout = 60s,
                            .stop_timeout = 10s,
                            .drain_timeout = 30s};
    }

    Driver& operator<<(const Event& event) {
        now += 1s;
        auto [next, produced] = step(machine, event, now);
        machine = std::move(next);
        effects = std::move(produced);
        return *this;
    }

    template <class T>
    [[nodiscard]] const T* effect() const {
        for (const auto& each : effects) {
            if (const T* found = std::get_if<T>(&each)) return found;
        }
        return nullptr;
    }

    [[nodiscard]] std::vector<ProxyId> launched() const { return ids<effect::Launch>(); }
    [[nodiscard]] std::vector<ProxyId> asked_to_stop() const { return ids<effect::AskToStop>(); }
    [[nodiscard]] std::vector<ProxyId> killed() const { return ids<effect::Kill>(); }

    [[nodiscard]] int exit_status() const {
        const auto* exit = effect<effect::Exit>();
        return exit != nullptr ? exit->status : -1;
    }

  private:
    template <class T>
    [[nodiscard]] std::vector<ProxyId> ids() const {
        std::vector<ProxyId> found;
        for (const auto& each : effects) {
            if (const T* wanted = std::get_if<T>(&each)) found.push_back(wanted->proxy);
        }
        return found;
    }
};

Event settled(ProxyId proxy) {
    return event::TimerFired{{Timer::Kind::settle, proxy}};
}

Driver starting() {
    Driver driver;
    driver << event::Begin{} << event::NetworkFound{1};
    return driver;
}

Driver running() {
    Driver driver = starting();
    driver << event::ProxyReady{1} << settled(1);
    return driver;
}

Driver replacing() {
    Driver driver = running();
    driver << event::NetworkFound{2};
    return driver;
}

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
    driver << event::Begin{} << event::NetworkFound{1} << event::ProxyReady{1} << settled(1);
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
