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

    [[nodiscard]] Time started() const { return started_; }
    [[nodiscard]] Time since() const { return since_; }
    [[nodiscard]] const Launches& launches() const { return launches_; }
    [[nodiscard]] std::int64_t probe_failures() const { return probe_failures_; }
    // Oldest first.
    [[nodiscard]] std::vector<Event> events() const { return {events_.begin(), events_.end()}; }

  private:
    Time started_;
    Time since_;
    Launches launches_;
    std::int64_t probe_failures_ = 0;
    std::deque<Event> events_;
};

// Which file it was: another inode, size or time of change is another one.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t changed_nsec = 0;
    bool operator==(const FileStamp&) const = default;
};
// A file that cannot be looked at has a stamp that equals no file's.
FileStamp stamp_of(const std::string& path);

}  // namespace rs::control
