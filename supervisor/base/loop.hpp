// The event loop: sd-event (sd-event(3)) with owned sources and C++ callbacks.
//
// One thread. A callback translates what happened into an event of the state machine and never throws; should
// one throw all the same, the barrier here ends the loop with an error instead of leaving it half dead.
#pragma once

#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "supervisor/base/error.hpp"
#include "supervisor/base/process.hpp"
#include "supervisor/base/process_end.hpp"

namespace rs {

class Loop {
  public:
    // Alive while it may call back; destroying it from within its own callback is allowed.
    class Source {
      public:
        Source() = default;
        Source(Source&& other) noexcept = default;
        Source& operator=(Source&& other) noexcept;
        Source(const Source&) = delete;
        Source& operator=(const Source&) = delete;
        ~Source() { reset(); }
        void reset();
        // Below (greater) or above the others', all 0 so far (sd_event_source_set_priority(3)).
        void set_priority(std::int64_t priority) { sd_event_source_set_priority(source_.get(), priority); }
        [[nodiscard]] explicit operator bool() const { return source_ != nullptr; }

      private:
        friend class Loop;
        explicit Source(sd_event_source* source) : source_(source) {}
        struct Unref {
            void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
        };
        std::unique_ptr<sd_event_source, Unref> source_;
    };

    static Result<Loop> create();

    // The descriptor must outlive the source. `events` as in epoll_ctl(2): a file of the kernel's that tells
    // of changes (proc_pid_mountinfo(5)) does so by EPOLLPRI and is readable all the time.
    Result<Source> on_readable(int fd, std::function<void()> callback, std::uint32_t events = EPOLLIN);
    // The signal must be blocked (block_signals), as signalfd(2) demands.
    Result<Source> on_signal(int number, std::function<void()> callback);
    // Reaps the child, and tells when a signal stopped it (WSTOPPED, waitid(2)). SIGCHLD must be blocked:
    // libsystemd 257 insists on it for pidfds too.
    Result<Source> on_end_of(const Process& child, std::function<void(ProcessEnd)> ended,
                             std::function<void()> stopped = {});
    Result<Source> after(std::chrono::milliseconds delay, std::function<void()> callback);

    // Called once exit() was, before run() returns: for what must not outlive the loop's work.
    Result<Source> on_exit(std::function<void()> callback);

    // Until exit() is called. Returns the status given to exit(), or why the loop broke.
    Result<int> run();
    void exit(int status);

    // For what attaches itself to an event loop (sd_bus_attach_event(3)). Still the Loop's.
    [[nodiscard]] sd_event* get() const { return event_.get(); }

  private:
    struct Unref {
        void operator()(sd_event* event) const { sd_event_unref(event); }
    };
    explicit Loop(sd_event* event) : event_(event) {}
    std::unique_ptr<sd_event, Unref> event_;
};

// Blocks the signals that the loop takes by signalfd(2), in a process that has one thread. A child resets the
// mask.
void block_signals(std::initializer_list<int> numbers);

}  // namespace rs
