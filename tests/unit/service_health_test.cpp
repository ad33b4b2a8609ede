#include <gtest/gtest.h>

#include "supervisor/service/health.hpp"

namespace rs {
namespace {

using namespace std::chrono_literals;

class HealthRules : public testing::Test {
  protected:
    HealthCount count(std::chrono::milliseconds start_period = 0ms, int retries = 3) const {
        return HealthCount{{.interval = 10s, .start_period = start_period, .retries = retries}, start_};
    }
    // Failures at these times after the start.
    void fail(HealthCount& count, std::initializer_list<std::chrono::milliseconds> times) const {
        for (const auto time : times)
            count.failed(start_ + time);
    }

    HealthCount::Time start_{1000s};
};

TEST_F(HealthRules, KnowNothingBeforeTheFirstProbe) {
    EXPECT_EQ(count().state(), Health::unknown);
}

TEST_F(HealthRules, BelieveTheFirstSuccess) {
    auto health = count();
    fail(health, {0ms, 100ms});
    health.succeeded();
    EXPECT_EQ(health.state(), Health::healthy);
    EXPECT_EQ(health.failures(), 0);
}

TEST_F(HealthRules, NeedSeveralFailuresInARow) {
    auto health = count();
    health.succeeded();
    fail(health, {20s, 30s});
    health.succeeded();
    fail(health, {50s, 60s});
    EXPECT_EQ(health.state(), Health::healthy);
    EXPECT_EQ(health.failures(), 2);
    fail(health, {70s});
    EXPECT_EQ(health.state(), Health::unhealthy);
}

TEST_F(HealthRules, LetAProxyRecover) {
    auto health = count(0ms, 1);
    health.succeeded();
    fail(health, {20s});
    EXPECT_EQ(health.state(), Health::unhealthy);
    health.succeeded();
    EXPECT_EQ(health.state(), Health::healthy);
}

TEST_F(HealthRules, ForgiveFailuresInTheStartPeriod) {
    auto health = count(60s, 1);
    fail(health, {0ms, 10s, 59'999ms});
    EXPECT_EQ(health.state(), Health::unknown);
    health.succeeded();
    EXPECT_EQ(health.state(), Health::healthy);

    auto late = count(60s, 1);
    fail(late, {60s});
    EXPECT_EQ(late.state(), Health::unhealthy);
}

TEST_F(HealthRules, ForgiveFailuresInTheStartPeriodAfterASuccessToo) {
    auto health = count(60s, 1);
    health.succeeded();
    fail(health, {20s});
    EXPECT_EQ(health.state(), Health::healthy);
}

// Three quick failures in the first second say no more than one.
TEST_F(HealthRules, CountOneEarlyFailureInAnInterval) {
    auto health = count();
    fail(health, {0ms, 100ms, 300ms, 700ms, 9'999ms});
    EXPECT_EQ(health.failures(), 0);
    fail(health, {10s, 12s, 19s});
    EXPECT_EQ(health.failures(), 1);
    fail(health, {20s, 25s});
    EXPECT_EQ(health.failures(), 2);
    EXPECT_EQ(health.state(), Health::unknown);
    fail(health, {30s});
    EXPECT_EQ(health.state(), Health::unhealthy);
}

TEST_F(HealthRules, ProbeOftenUntilTheFirstSuccess) {
    auto health = count();
    for (const auto pause : {100ms, 200ms, 400ms, 800ms, 1'600ms, 3'200ms, 6'400ms, 10'000ms, 10'000ms}) {
        health.failed(start_);
        EXPECT_EQ(health.pause(), pause);
    }
    for (int i = 0; i < 1000; ++i)
        health.failed(start_);
    EXPECT_EQ(health.pause(), 10s);
    health.succeeded();
    EXPECT_EQ(health.pause(), 10s);
    health.failed(start_ + 100s);
    EXPECT_EQ(health.pause(), 10s);
}

TEST_F(HealthRules, NeverProbeMoreOftenThanTheInterval) {
    HealthCount health{{.interval = 150ms, .start_period = 0ms, .retries = 3}, start_};
    health.failed(start_);
    EXPECT_EQ(health.pause(), 100ms);
    health.failed(start_);
    EXPECT_EQ(health.pause(), 150ms);
}

}  // namespace
}  // namespace rs
