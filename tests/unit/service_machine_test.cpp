#include "supervisor/service/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace rs {
namespace {

using namespace std::chrono_literals;

// A machine with a clock of its own; remembers the effects of the last event.
struct Driver {
    Machine machine;
    TimePoint now{};
    std::vector<Effect> effects;

    Driver() {
        machine.settings = {.ready_on_exec = false, .stop_signal = SIGTERM, .start_timeout = 60s, .stop_timeout = 10s};
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

    [[nodiscard]] int exit_status() const {
        const auto* exit = effect<effect::Exit>();
        return exit != nullptr ? exit->status : -1;
    }
};

Driver started() {
    Driver driver;
    driver << event::Begin{} << event::NetworkFound{};
    return driver;
}

Driver running() {
    Driver driver = started();
    driver << event::ProxyReady{};
    return driver;
}

TEST(Machine, LooksForTheNetworkFirst) {
    Driver driver;
    driver << event::Begin{};
    EXPECT_EQ(driver.machine.state, State::waiting);
    EXPECT_NE(driver.effect<effect::Look>(), nullptr);
    EXPECT_EQ(driver.effects.size(), 1U);
}

TEST(Machine, LooksAgainAfterAGrowingPauseWhileSomethingIsMissing) {
    Driver driver;
    driver << event::Begin{};
    std::vector<std::chrono::milliseconds> pauses;
    for (int i = 0; i < 8; ++i) {
        driver << event::NetworkMissing{"no pause process"};
        ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
        pauses.push_back(driver.effect<effect::SetTimer>()->delay);
        driver << event::TimerFired{};
        ASSERT_NE(driver.effect<effect::Look>(), nullptr);
    }
    EXPECT_THAT(pauses, testing::ElementsAre(100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms));
}

TEST(Machine, SaysWhatItWaitsFor) {
    Driver driver;
    driver << event::Begin{} << event::NetworkMissing{"no container; waiting for one"};
    EXPECT_EQ(driver.machine.status_text(), "Waiting for Podman: no container; waiting for one");
}

TEST(Machine, StopsAtOnceWhileWaiting) {
    Driver driver;
    driver << event::Begin{} << event::NetworkMissing{"x"} << event::StopRequested{};
    EXPECT_EQ(driver.machine.state, State::ended);
    EXPECT_EQ(driver.exit_status(), 0);
}

TEST(Machine, LaunchesWithinTheStartTimeoutOnceTheNetworkIsThere) {
    const Driver driver = started();
    EXPECT_EQ(driver.machine.state, State::starting);
    EXPECT_NE(driver.effect<effect::Launch>(), nullptr);
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->delay, 60s);
}

TEST(Machine, TellsSystemdReadyOnlyWhenTheProxyIs) {
    Driver driver = started();
    driver << event::ProxyExecuted{};
    EXPECT_EQ(driver.machine.state, State::starting);
    EXPECT_EQ(driver.effect<effect::TellReady>(), nullptr);
    driver << event::ProxyReady{};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
    EXPECT_NE(driver.effect<effect::ClearTimer>(), nullptr);
}

TEST(Machine, TakesAProxyThatCannotNotifyForReadyOnceItIsExecuted) {
    Driver driver;
    driver.machine.settings.ready_on_exec = true;
    driver << event::Begin{} << event::NetworkFound{} << event::ProxyExecuted{};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
}

TEST(Machine, TellsReadyOnlyOnce) {
    Driver driver = running();
    driver << event::ProxyReady{};
    EXPECT_TRUE(driver.effects.empty());
}

TEST(Machine, PassesTheProxysStatusOn) {
    Driver driver = running();
    driver << event::ProxyStatus{"serving 3 sites"};
    EXPECT_EQ(driver.machine.status_text(), "Proxy ready: serving 3 sites");
}

TEST(Machine, ExitsAsTheLaunchFailureSays) {
    Driver driver = started();
    driver << event::LaunchFailed{"cannot execute '/x': No such file or directory", 127};
    EXPECT_EQ(driver.machine.state, State::ended);
    EXPECT_EQ(driver.exit_status(), 127);
    EXPECT_EQ(driver.machine.detail, "cannot execute '/x': No such file or directory");
}

TEST(Machine, FailsWhenTheProxyEndsWellButBeforeItWasReady) {
    Driver driver = started();
    driver << event::ProxyEnded{{.by_signal = false, .value = 0}};
    EXPECT_EQ(driver.exit_status(), 1);
    EXPECT_EQ(driver.machine.detail, "proxy exited with status 0 before it was ready");
}

TEST(Machine, ExitsWithTheProxysOwnStatus) {
    Driver driver = running();
    driver << event::ProxyEnded{{.by_signal = false, .value = 3}};
    EXPECT_EQ(driver.exit_status(), 3);
}

TEST(Machine, ExitsLikeAShellWhenASignalKilledTheProxy) {
    Driver driver = running();
    driver << event::ProxyEnded{{.by_signal = true, .value = SIGSEGV}};
    EXPECT_EQ(driver.exit_status(), 128 + SIGSEGV);
    EXPECT_EQ(driver.machine.detail, "proxy was killed by SIGSEGV");
}

TEST(Machine, StopsAProxyThatDoesNotBecomeReadyInTime) {
    Driver driver = started();
    driver << event::TimerFired{};
    EXPECT_EQ(driver.machine.state, State::stopping);
    EXPECT_NE(driver.effect<effect::AskToStop>(), nullptr);
    driver << event::ProxyEnded{{.by_signal = false, .value = 0}};
    EXPECT_EQ(driver.exit_status(), 75);
}

TEST(Machine, AsksTheProxyToStopThenKillsIt) {
    Driver driver = running();
    driver << event::StopRequested{};
    EXPECT_EQ(driver.machine.state, State::stopping);
    EXPECT_NE(driver.effect<effect::TellStopping>(), nullptr);
    EXPECT_NE(driver.effect<effect::AskToStop>(), nullptr);
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->delay, 10s);
    EXPECT_EQ(driver.effect<effect::Kill>(), nullptr);

    driver << event::TimerFired{};
    EXPECT_NE(driver.effect<effect::Kill>(), nullptr);
    driver << event::ProxyEnded{{.by_signal = true, .value = SIGKILL}};
    EXPECT_EQ(driver.exit_status(), 1);
}

TEST(Machine, ExitsWellAfterAGracefulStop) {
    Driver driver = running();
    driver << event::StopRequested{} << event::ProxyEnded{{.by_signal = false, .value = 0}};
    EXPECT_EQ(driver.exit_status(), 0);
}

TEST(Machine, TakesDeathByTheStopSignalForAGracefulStop) {
    Driver driver = running();
    driver << event::StopRequested{} << event::ProxyEnded{{.by_signal = true, .value = SIGTERM}};
    EXPECT_EQ(driver.exit_status(), 0);
}

TEST(Machine, PassesAFailureToStopOn) {
    Driver driver = running();
    driver << event::StopRequested{} << event::ProxyEnded{{.by_signal = false, .value = 9}};
    EXPECT_EQ(driver.exit_status(), 9);
}

TEST(Machine, StopsWithoutATimerWhenTheStopTimeoutIsForEver) {
    Driver driver;
    driver.machine.settings.stop_timeout = 0s;
    driver << event::Begin{} << event::NetworkFound{} << event::ProxyReady{} << event::StopRequested{};
    EXPECT_EQ(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_NE(driver.effect<effect::ClearTimer>(), nullptr);
}

TEST(Machine, IgnoresASecondStopRequest) {
    Driver driver = running();
    driver << event::StopRequested{} << event::StopRequested{};
    EXPECT_TRUE(driver.effects.empty());
}

// Every event in every state: nothing that was under way may be started twice, and nothing leaves `ended`.
TEST(Machine, NeverLeavesEnded) {
    Driver driver = running();
    driver << event::ProxyEnded{{.by_signal = false, .value = 0}};
    ASSERT_EQ(driver.machine.state, State::ended);
    const std::vector<Event> all = {event::Begin{},           event::NetworkFound{}, event::NetworkMissing{"x"},
                                    event::ProxyExecuted{},   event::ProxyReady{},   event::ProxyStatus{"x"},
                                    event::LaunchFailed{"x", 1}, event::ProxyEnded{},   event::TimerFired{},
                                    event::StopRequested{}};
    for (const auto& event : all) {
        driver << event;
        EXPECT_EQ(driver.machine.state, State::ended);
        EXPECT_TRUE(driver.effects.empty());
    }
}

TEST(Machine, RemembersWhenItEnteredItsState) {
    Driver driver = started();
    const TimePoint entered = driver.now;
    driver << event::ProxyStatus{"loading"};
    EXPECT_EQ(driver.machine.since, entered);
    driver << event::ProxyReady{};
    EXPECT_EQ(driver.machine.since, driver.now);
}

}  // namespace
}  // namespace rs
