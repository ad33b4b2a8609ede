// What the results of the probes add up to: whether a proxy counts as healthy, and when to probe it next.
// Pure: the time comes in. The rules are those of podman-run(1)'s --health-*, with one addition for the
// start.
#pragma once

#include <chrono>

namespace rs {

enum class Health {
    unknown,  // no probe has succeeded yet
    healthy,
    unhealthy,
};

struct HealthSettings {
    std::chrono::milliseconds interval;      // from the end of a probe to the next
    std::chrono::milliseconds start_period;  // from the start; failures do not count for so long
    int retries;                             // failures in a row that make the proxy unhealthy
};

class HealthCount {
  public:
    using Time = std::chrono::steady_clock::time_point;

    HealthCount(const HealthSettings& settings, Time started);

    void succeeded();
    void failed(Time now);

    [[nodiscard]] Health state() const { return state_; }
    // In a row, and counted.
    [[nodiscard]] int failures() const { return failures_; }

    // From the end of the last probe to the next. While the state is unknown much less than the interval, so
    // that nobody waits for a proxy that is ready by now: 100 ms, doubling. Of the failures of these early
    // probes, one in an interval counts, as if there had been no others, and the first one interval after the
    // start.
    [[nodiscard]] std::chrono::milliseconds pause() const;

  private:
    HealthSettings settings_;
    Health state_ = Health::unknown;
    int failures_ = 0;
    int early_probes_ = 0;
    Time uncounted_until_;
};

}  // namespace rs
