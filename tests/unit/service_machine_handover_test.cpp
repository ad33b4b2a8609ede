// Proxies with sockets of their own: the old one goes on for a moment when its successor has taken over.
#include "tests/unit/machine_driver.hpp"

namespace rs {
namespace {

using namespace machine_test;

Driver running_with_lanes() {
    Driver driver;
    driver.machine.settings.handover = 1s;
    driver.machine.settings.short_handover = 250ms;
    driver << event::Begin{} << event::NetworkFound{1} << event::ProxyReady{1} << settled(1);
    return driver;
}

Driver handing_over() {
    Driver driver = running_with_lanes();
    driver << event::NetworkFound{2} << event::ProxyReady{2};
    return driver;
}

Event handed_over(ProxyId proxy) {
    return event::TimerFired{{Timer::Kind::handover, proxy}};
}

std::vector<ProxyId> steered(const Driver& driver) {
    const auto* steer = driver.effect<effect::Steer>();
    return steer != nullptr ? std::vector{steer->proxy} : std::vector<ProxyId>{};
}

TEST(Handover, SteersConnectionsToTheFirstProxyWhenItServes) {
    EXPECT_THAT(steered(running_with_lanes()), ElementsAre(1));
}

TEST(Handover, SteersConnectionsToTheSuccessorAndLetsTheOldProxyGoOn) {
    const Driver driver = handing_over();
    EXPECT_THAT(steered(driver), ElementsAre(2));
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_EQ(driver.machine.serving->id, 2);
    EXPECT_TRUE(driver.machine.drains(1));
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->timer, (Timer{Timer::Kind::handover, 1}));
    EXPECT_EQ(driver.effect<effect::SetTimer>()->delay, 250ms);
}

TEST(Handover, AsksTheOldProxyToStopWhenItIsOver) {
    Driver driver = handing_over();
    driver << handed_over(1);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    driver << handed_over(1);  // too late
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    driver << event::TimerFired{{Timer::Kind::stop, 1}};
    EXPECT_THAT(driver.killed(), ElementsAre(1));
}

TEST(Handover, WaitsForTheSuccessorToSettleWhereTheOldProxyReachesItsContainers) {
    Driver driver = running_with_lanes();
    driver << event::ReloadRequested{} << event::Reloaded{driver.machine.settings, true}
           << event::ProxyReady{2};
    EXPECT_EQ(driver.machine.state, State::replacing);
    EXPECT_THAT(steered(driver), IsEmpty());
    driver << settled(2);
    EXPECT_THAT(steered(driver), ElementsAre(2));
    ASSERT_NE(driver.effect<effect::SetTimer>(), nullptr);
    EXPECT_EQ(driver.effect<effect::SetTimer>()->delay, 1s);
}

TEST(Handover, GoesBackToTheOldProxyWhenTheSuccessorEndsMeanwhile) {
    Driver driver = handing_over();
    driver << event::ProxyEnded{2, kExitedWell};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_EQ(driver.machine.serving->id, 1);
    EXPECT_FALSE(driver.machine.drains(1));
    EXPECT_THAT(steered(driver), ElementsAre(1));
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    ASSERT_NE(driver.effect<effect::Report>(), nullptr);
    EXPECT_EQ(driver.effect<effect::Report>()->text,
              "the successor failed: proxy exited with status 0; the old proxy serves on; next try in 0.1 s");
    driver << handed_over(1);  // too late
    EXPECT_THAT(driver.asked_to_stop(), IsEmpty());
    driver << event::TimerFired{{Timer::Kind::retry}};
    EXPECT_THAT(driver.launched(), ElementsAre(3));
}

TEST(Handover, DoesNotGoBackToAProxyThatIsStopping) {
    Driver driver = handing_over();
    driver << handed_over(1) << event::ProxyEnded{2, kCrashed};
    EXPECT_EQ(driver.machine.state, State::backoff);
    EXPECT_THAT(steered(driver), IsEmpty());
}

TEST(Handover, DoesNotMindTheOldProxysEnd) {
    Driver driver = handing_over();
    driver << event::ProxyEnded{1, kCrashed};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_EQ(driver.machine.failures, 0);
    EXPECT_FALSE(driver.machine.drains(1));
}

TEST(Handover, EndsWhenAnotherSuccessorNeedsTheSockets) {
    Driver driver = handing_over();
    driver << event::NetworkFound{3};
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
    EXPECT_THAT(driver.launched(), ElementsAre(3));
}

TEST(Handover, EndsWhenTheServiceStops) {
    Driver driver = handing_over();
    driver << event::StopRequested{};
    EXPECT_THAT(driver.asked_to_stop(), testing::UnorderedElementsAre(1, 2));
}

TEST(Handover, IsLeftOutWhereTheProxiesShareTheirSockets) {
    Driver driver = replacing();
    driver << event::ProxyReady{2};
    EXPECT_THAT(steered(driver), IsEmpty());
    driver << settled(2);
    EXPECT_THAT(driver.asked_to_stop(), ElementsAre(1));
}

TEST(Handover, LaunchesASuccessorForConnectionsThatWaitWhereNobodyAccepts) {
    Driver driver = running_with_lanes();
    driver << event::ConnectionsWait{};
    EXPECT_EQ(driver.machine.state, State::replacing);
    EXPECT_THAT(driver.launched(), ElementsAre(2));
    driver << event::ConnectionsWait{};
    EXPECT_THAT(driver.launched(), IsEmpty());
    driver << event::ProxyEnded{2, kCrashed};
    EXPECT_EQ(driver.machine.state, State::running);
    EXPECT_EQ(driver.effect<effect::SetTimer>(), nullptr) << "tried once";
}

}  // namespace
}  // namespace rs
