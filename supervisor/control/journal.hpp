// What happened, for those who ask later: the latest events, the launches by cause, and when it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "supervisor/control/status.hpp"

namespace rs::control {

class Journal {
  public:
    static constexpr std::size_t kKept = 20;

    explicit Journal(Time started) : started_(started), since_(started) {}

    const Event& add(Event event);
    void state_began(Time when) { since_ = when; }
    void launched(int Launches::* cause) { ++(launches_.*cause); }
    void probe_failed() { ++probe_failures_; }
    void refused() { ++refused_; }

    [[nodiscard]] Time started() const { return started_; }
    [[nodiscard]] Time since() const { return since_; }
    [[nodiscard]] const Launches& launches() const { return launches_; }
    [[nodiscard]] std::int64_t probe_failures() const { return probe_failures_; }
    [[nodiscard]] std::int64_t refusals() const { return refused_; }
    // Oldest first.
    [[nodiscard]] std::vector<Event> events() const { return {events_.begin(), events_.end()}; }

  private:
    Time started_;
    Time since_;
    Launches launches_;
    std::int64_t probe_failures_ = 0;
    std::int64_t refused_ = 0;
    std::deque<Event> events_;
};

}  // namespace rs::control
