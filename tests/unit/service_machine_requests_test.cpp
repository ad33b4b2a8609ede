// What people ask for while the service runs: restart, reload, stop, start.
#include "tests/unit/machine_driver.hpp"

namespace rs {
namespace {

using namespace machine_test;

// The only answer of the last step: "restart failed: why".
std::string answer(const Driver& driver) {
    std::string all;
    for (const auto& each : driver.effects) {
        const auto* found = std::get_if<effect::Answer>(&each);
        if (found == nullptr) continue;
        constexpr std::array kRequests{"restart", "reload", "stop", "start"};
        constexpr std::array kOutcomes{"done", "failed", "superseded", "not stopped", "stopping"};
        all += all.empty() ? "" : ", ";
        all += kRequests.at(static_cast<std::size_t>(found->request));
        all += std::string{" "} + kOutcomes.at(static_cast<std::size_t>(found->outcome));
    }
    return all;
}

std::string reason(const Driver& driver) {
    const auto* found = driver.effect<effect::Answer>();
    return found != nullptr ? found->reason : "no answer";
}

event::Asked asked(Request request) {
    return {request};
}

event::TimerFired start_timeout(ProxyId proxy) {
    return {{Timer::Kind::start, proxy}};
}

Driver held() {
    Driver driver = running();
    driver << asked(Request::stop) << event::ProxyEnded{1, kExitedWell};
    return driver;
}

// --- restart ---

TEST(MachineRequests, ARestartIsDoneWhenTheSuccessorServes) {
    Driver driver = running();
    driver << asked(Request::restart);
    EXPECT_EQ(driver.machine.state, State::replacing);
    ASSERT_THAT(driver.launched(), ElementsAre(2));
    EXPECT_EQ(driver.effect<effect::Launch>()->cause, Cause::request);
    EXPECT_EQ(answer(driver), "");
    driver << event::ProxyReady{2};
    EXPECT_EQ(answer(driver), "");
    driver << settled(2);
    EXPECT_EQ(answer(driver), "restart done");
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    driver << event::ProxyEnded{1, kExitedWell};
    EXPECT_EQ(answer(driver), "");
}

TEST(MachineRequests, ASecondRestartJoinsTheFirst) {
    Driver driver = running();
    driver << asked(Request::restart) << asked(Request::restart);
    EXPECT_THAT(driver.launched(), IsEmpty());
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(answer(driver), "restart done");
}

TEST(MachineRequests, ARestartJoinsASuccessorThatStartsAnyway) {
    Driver driver = replacing();
    driver << asked(Request::restart);
    EXPECT_THAT(driver.launched(), IsEmpty());
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(answer(driver), "restart done");
}

TEST(MachineRequests, ARestartFailsWithItsSuccessorAndTheOldProxyServesOn) {
    Driver driver = running();
    driver << asked(Request::restart) << event::ProxyEnded{2, kCrashed};
    EXPECT_EQ(answer(driver), "restart failed");
    EXPECT_THAT(reason(driver), testing::HasSubstr("before it was ready"));
    EXPECT_EQ(driver.machine.state, State::running);
    // It is not tried again.
    driver << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_THAT(driver.launched(), IsEmpty());
}

TEST(MachineRequests, ARestartFailsWhenItsSuccessorIsNotReadyInTime) {
    Driver driver = running();
    driver << asked(Request::restart) << start_timeout(2);
    EXPECT_EQ(answer(driver), "restart failed");
    EXPECT_EQ(reason(driver), "proxy not ready within 60 s");
}

TEST(MachineRequests, ARestartEndsThePauseAfterAFailure) {
    Driver driver = running();
    driver << event::ProxyEnded{1, kCrashed};
    ASSERT_EQ(driver.machine.state, State::backoff);
    driver << asked(Request::restart);
    EXPECT_THAT(driver.launched(), ElementsAre(2));
    EXPECT_EQ(driver.effect<effect::Launch>()->cause, Cause::request);
    EXPECT_NE(driver.effect<effect::ClearTimer>(), nullptr);
}

TEST(MachineRequests, ARestartWithoutTheNetworkFailsAtOnceAndLeavesNothingBehind) {
    Driver driver = running();
    driver << event::NetworkMissing{"no pause process"} << asked(Request::restart);
    EXPECT_EQ(answer(driver), "restart failed");
    EXPECT_EQ(reason(driver), "no pause process");
    driver << event::NetworkFound{1};
    EXPECT_THAT(driver.launched(), IsEmpty());
}

TEST(MachineRequests, ARestartWhileWaitingFailsWithWhatIsMissing) {
    Driver driver;
    driver << event::Begin{} << event::NetworkMissing{"no pause process"} << asked(Request::restart);
    EXPECT_EQ(answer(driver), "restart failed");
    EXPECT_EQ(reason(driver), "no pause process");
}

TEST(MachineRequests, ARestartSurvivesThatTheNetworkIsRecreatedMeanwhile) {
    Driver driver = running();
    driver << asked(Request::restart) << event::NetworkFound{2};
    EXPECT_EQ(answer(driver), "");
    EXPECT_THAT(driver.launched(), ElementsAre(3));
    EXPECT_EQ(driver.effect<effect::Launch>()->cause, Cause::network);
    driver << event::ProxyReady{3} << settled(3);
    EXPECT_EQ(answer(driver), "restart done");
}

// --- reload ---

TEST(MachineRequests, AReloadIsAnsweredTogetherWithSystemd) {
    Driver driver = running();
    driver << asked(Request::reload);
    EXPECT_NE(driver.effect<effect::ReadConfig>(), nullptr);
    EXPECT_NE(driver.effect<effect::TellReloading>(), nullptr);
    driver << event::Reloaded{driver.machine.settings, true};
    ASSERT_THAT(driver.launched(), ElementsAre(2));
    EXPECT_EQ(driver.effect<effect::Launch>()->cause, Cause::reload);
    EXPECT_EQ(answer(driver), "");
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(answer(driver), "reload done");
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
}

TEST(MachineRequests, AReloadOfAWrongConfigurationFailsWithWhatIsWrong) {
    Driver driver = running();
    driver << asked(Request::reload) << event::ReloadRefused{"caddy.toml:1:1: no"};
    EXPECT_EQ(answer(driver), "reload failed");
    EXPECT_EQ(reason(driver), "caddy.toml:1:1: no");
}

TEST(MachineRequests, AReloadWhoseSuccessorFailsFails) {
    Driver driver = running();
    driver << asked(Request::reload) << event::Reloaded{driver.machine.settings, true}
           << event::ProxyEnded{2, kCrashed};
    EXPECT_EQ(answer(driver), "reload failed");
}

TEST(MachineRequests, AReloadThatTheProxyDoesNotConfirmFails) {
    Driver driver = running();
    driver.machine.settings.reload_by_signal = true;
    driver << asked(Request::reload) << event::Reloaded{driver.machine.settings, false};
    EXPECT_NE(driver.effect<effect::AskToReload>(), nullptr);
    EXPECT_EQ(answer(driver), "");
    driver << event::TimerFired{{Timer::Kind::reload, 1}};
    EXPECT_EQ(answer(driver), "reload failed");
    EXPECT_THAT(reason(driver), testing::HasSubstr("READY=1"));
}

TEST(MachineRequests, AReloadWithoutTheNetworkFailsInsteadOfWaitingForIt) {
    Driver driver = running();
    driver << event::NetworkMissing{"no pause process"} << asked(Request::reload)
           << event::Reloaded{driver.machine.settings, true};
    EXPECT_EQ(answer(driver), "reload failed");
    EXPECT_EQ(reason(driver), "no pause process");
}

TEST(MachineRequests, AReloadBySystemdAnswersNobody) {
    Driver driver = running();
    driver << event::ReloadRequested{} << event::Reloaded{driver.machine.settings, true}
           << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(answer(driver), "");
}

// --- stop ---

TEST(MachineRequests, AStopIsDoneWhenTheLastProxyIsGoneAndTheServiceGoesOn) {
    Driver driver = running();
    driver << asked(Request::stop);
    EXPECT_EQ(driver.machine.state, State::held);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    EXPECT_EQ(driver.effect<effect::TellStopping>(), nullptr);
    EXPECT_EQ(answer(driver), "");
    driver << event::ProxyEnded{1, kExitedWell};
    EXPECT_EQ(answer(driver), "stop done");
    EXPECT_EQ(driver.machine.state, State::held);
    EXPECT_EQ(driver.exit_status(), -1);
    EXPECT_EQ(driver.machine.status_text(), "Proxy stopped on request; its sockets stay open");
}

TEST(MachineRequests, AStopTakesTheSuccessorAndTheDrainingAlong) {
    Driver driver = replacing();
    driver << asked(Request::stop);
    EXPECT_THAT(driver.asked_to_stop(), testing::UnorderedElementsAre(1, 2));
    driver << event::ProxyEnded{1, kExitedWell};
    EXPECT_EQ(answer(driver), "");
    driver << event::ProxyEnded{2, kExitedWell};
    EXPECT_EQ(answer(driver), "stop done");
}

TEST(MachineRequests, AStopKillsWhoDoesNotObey) {
    Driver driver = running();
    driver << asked(Request::stop) << event::TimerFired{{Timer::Kind::stop, 1}};
    EXPECT_THAT(driver.killed(), ElementsAre(1));
    driver << event::ProxyEnded{1, {.by_signal = true, .value = SIGKILL}};
    EXPECT_EQ(answer(driver), "stop done");
    EXPECT_EQ(driver.machine.state, State::held);
}

TEST(MachineRequests, AStopEndsThePauseAfterAFailure) {
    Driver driver = running();
    driver << event::ProxyEnded{1, kCrashed} << asked(Request::stop);
    EXPECT_EQ(answer(driver), "stop done");
    driver << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_THAT(driver.launched(), IsEmpty());
    EXPECT_EQ(driver.machine.state, State::held);
}

TEST(MachineRequests, AStopWhileWaitingHolds) {
    Driver driver;
    driver.machine.settings.wait_timeout = 30s;
    driver << event::Begin{} << event::NetworkMissing{"x"} << asked(Request::stop);
    EXPECT_EQ(answer(driver), "stop done");
    driver << event::TimerFired{{Timer::Kind::wait}} << event::NetworkFound{1};
    EXPECT_EQ(driver.machine.state, State::held);
    EXPECT_THAT(driver.launched(), IsEmpty());
}

TEST(MachineRequests, HeldNothingIsLaunchedWhateverTheNetworkDoes) {
    Driver driver = held();
    driver << event::NetworkMissing{"x"};
    EXPECT_THAT(driver.launched(), IsEmpty());
    driver << event::NetworkFound{2};
    EXPECT_THAT(driver.launched(), IsEmpty());
    EXPECT_EQ(driver.machine.state, State::held);
    EXPECT_TRUE(driver.machine.recoverable());
}

TEST(MachineRequests, HeldAReloadReadsTheConfigurationOnly) {
    Driver driver = held();
    driver << asked(Request::reload);
    EXPECT_NE(driver.effect<effect::ReadConfig>(), nullptr);
    driver << event::Reloaded{driver.machine.settings, true};
    EXPECT_EQ(answer(driver), "reload done");
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);
    EXPECT_THAT(driver.launched(), IsEmpty());
}

TEST(MachineRequests, HeldASecondStopIsDoneAtOnce) {
    Driver driver = held();
    driver << asked(Request::stop);
    EXPECT_EQ(answer(driver), "stop done");
}

TEST(MachineRequests, HeldTheServiceStopsAsEver) {
    Driver driver = held();
    driver << event::StopRequested{};
    EXPECT_EQ(driver.machine.state, State::stopped);
    EXPECT_EQ(driver.exit_status(), 0);
}

TEST(MachineRequests, AStopSupersedesARestartAndAReload) {
    Driver driver = running();
    driver << asked(Request::reload) << event::Reloaded{driver.machine.settings, true}
           << asked(Request::restart) << asked(Request::stop);
    EXPECT_EQ(answer(driver), "restart superseded, reload superseded");
    EXPECT_EQ(reason(driver), "the proxy was stopped on request");
    EXPECT_NE(driver.effect<effect::TellReady>(), nullptr);  // systemd's own reload ends, too
}

// --- start ---

TEST(MachineRequests, AStartUndoesTheStopAndIsDoneWhenTheProxyServes) {
    Driver driver = held();
    driver << asked(Request::start);
    EXPECT_EQ(driver.machine.state, State::starting);
    ASSERT_THAT(driver.launched(), ElementsAre(2));
    EXPECT_EQ(driver.effect<effect::Launch>()->cause, Cause::request);
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(answer(driver), "start done");
    EXPECT_EQ(driver.machine.state, State::running);
}

TEST(MachineRequests, AStartLaunchesInTodaysNetwork) {
    Driver driver = held();
    driver << event::NetworkFound{2} << asked(Request::start);
    ASSERT_TRUE(driver.machine.starting);
    EXPECT_EQ(driver.machine.starting->network, 2);
}

TEST(MachineRequests, AStartDoesNotWaitForTheProxyThatStillStops) {
    Driver driver = running();
    driver << asked(Request::stop) << asked(Request::start);
    EXPECT_EQ(answer(driver), "stop superseded");
    EXPECT_THAT(driver.launched(), ElementsAre(2));
}

TEST(MachineRequests, AStartWithoutAStopIsRefused) {
    Driver driver = running();
    driver << asked(Request::start);
    EXPECT_EQ(answer(driver), "start not stopped");
}

TEST(MachineRequests, ASecondStartJoinsTheFirst) {
    Driver driver = held();
    driver << asked(Request::start) << asked(Request::start);
    EXPECT_EQ(answer(driver), "");
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(answer(driver), "start done");
}

TEST(MachineRequests, AStartThatFailsSaysWhyAndIsTriedAgain) {
    Driver driver = held();
    driver << asked(Request::start) << event::ProxyEnded{2, kCrashed};
    EXPECT_EQ(answer(driver), "start failed");
    EXPECT_EQ(driver.machine.state, State::backoff);
    driver << event::TimerFired{{Timer::Kind::retry}};
    ASSERT_THAT(driver.launched(), ElementsAre(3));
    EXPECT_EQ(driver.effect<effect::Launch>()->cause, Cause::crash);
}

TEST(MachineRequests, AStartWithoutTheNetworkFailsAndWaitsForIt) {
    Driver driver = held();
    driver << event::NetworkMissing{"no pause process"} << asked(Request::start);
    EXPECT_EQ(answer(driver), "start failed");
    EXPECT_EQ(reason(driver), "no pause process");
    EXPECT_EQ(driver.machine.state, State::waiting);
    driver << event::NetworkFound{2};
    EXPECT_THAT(driver.launched(), ElementsAre(2));
}

TEST(MachineRequests, ARestartUndoesTheStop) {
    Driver driver = held();
    driver << asked(Request::restart);
    EXPECT_THAT(driver.launched(), ElementsAre(2));
    driver << event::ProxyReady{2} << settled(2);
    EXPECT_EQ(answer(driver), "restart done");
}

// --- the end ---

TEST(MachineRequests, AllOpenRequestsHearThatTheServiceStops) {
    Driver driver = running();
    driver << asked(Request::restart) << event::StopRequested{};
    EXPECT_EQ(answer(driver), "restart stopping");
    for (const auto request : {Request::restart, Request::reload, Request::stop, Request::start}) {
        driver << asked(request);
        EXPECT_THAT(answer(driver), testing::EndsWith(" stopping"));
    }
    EXPECT_EQ(driver.machine.state, State::stopping);
}

TEST(MachineRequests, ALaunchTellsItsCause) {
    EXPECT_EQ(starting().effect<effect::Launch>()->cause, Cause::start);
    EXPECT_EQ(replacing().effect<effect::Launch>()->cause, Cause::network);
    Driver driver = running();
    driver << event::ProxyUnhealthy{1, "x"};
    EXPECT_EQ(driver.effect<effect::Launch>()->cause, Cause::unhealthy);
    Driver crashed = running();
    crashed << event::ProxyEnded{1, kCrashed} << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_EQ(crashed.effect<effect::Launch>()->cause, Cause::crash);
}

}  // namespace
}  // namespace rs
