#include "supervisor/base/loop.hpp"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <format>
#include <utility>

namespace rs {
namespace {

// What sd-event keeps as userdata and frees with the source.
template <class... Args>
struct Callback {
    std::function<void(Args...)> call;
};

// The barrier between sd-event (C) and our callbacks. The function is copied first: a callback may destroy
// its own source, and with it the original.
template <class... Args>
int guarded(void* userdata, sd_event* event, Args... args) noexcept {
    try {
        const auto call = static_cast<Callback<Args...>*>(userdata)->call;
        call(args...);
        return 0;
    } catch (...) {
        sd_event_exit(event, -ENOTRECOVERABLE);
        return 0;
    }
}

template <class... Args>
void attach(sd_event_source* source, std::function<void(Args...)> callback) {
    sd_event_source_set_userdata(source, new Callback<Args...>{std::move(callback)});
    sd_event_source_set_destroy_callback(source,
                                         [](void* data) { delete static_cast<Callback<Args...>*>(data); });
}

int on_io(sd_event_source* source, int, std::uint32_t, void* userdata) {
    return guarded<>(userdata, sd_event_source_get_event(source));
}

int on_signal_info(sd_event_source* source, const signalfd_siginfo*, void* userdata) {
    return guarded<>(userdata, sd_event_source_get_event(source));
}

int on_exit_of_loop(sd_event_source* source, void* userdata) {
    return guarded<>(userdata, sd_event_source_get_event(source));
}

int on_time(sd_event_source* source, std::uint64_t, void* userdata) {
    return guarded<>(userdata, sd_event_source_get_event(source));
}

int on_child(sd_event_source* source, const siginfo_t* info, void* userdata) {
    return guarded<siginfo_t>(userdata, sd_event_source_get_event(source), *info);
}

std::unexpected<Error> loop_error(const char* what, int code) {
    return fail_errno(std::format("cannot {} the event loop", what), -code);
}

}  // namespace

Loop::Source& Loop::Source::operator=(Source&& other) noexcept {
    source_ = std::move(other.source_);
    return *this;
}

void Loop::Source::reset() {
    source_.reset();
}

Result<Loop> Loop::create() {
    sd_event* event = nullptr;
    if (const int r = sd_event_new(&event); r < 0) return loop_error("create", r);
    return Loop{event};
}

Result<Loop::Source> Loop::on_readable(int fd, std::function<void()> callback, std::uint32_t events) {
    sd_event_source* source = nullptr;
    const int r = sd_event_add_io(event_.get(), &source, fd, events, on_io, nullptr);
    if (r < 0) return loop_error("add a descriptor to", r);
    attach(source, std::move(callback));
    return Source{source};
}

Result<Loop::Source> Loop::on_signal(int number, std::function<void()> callback) {
    sd_event_source* source = nullptr;
    const int r = sd_event_add_signal(event_.get(), &source, number, on_signal_info, nullptr);
    if (r < 0) return loop_error("add a signal to", r);
    attach(source, std::move(callback));
    return Source{source};
}

Result<Loop::Source> Loop::on_end_of(const Process& child, std::function<void(ProcessEnd)> ended,
                                     std::function<void()> stopped) {
    sd_event_source* source = nullptr;
    const int r =
        sd_event_add_child_pidfd(event_.get(), &source, child.fd(), WEXITED | WSTOPPED, on_child, nullptr);
    if (r < 0) return loop_error("add a child process to", r);
    // A stop is no end: sd-event disables a child's source before it calls back, so it is enabled once more.
    // An end is reaped here: libsystemd 262 leaves that undone when the callback destroys its source.
    attach(source, std::function<void(siginfo_t)>{[source, pidfd = child.fd(), ended = std::move(ended),
                                                   stopped = std::move(stopped)](const siginfo_t& info) {
               if (info.si_code == CLD_STOPPED) {
                   sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
                   if (stopped) stopped();
                   return;
               }
               siginfo_t reaped{};
               ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &reaped, WEXITED | WNOHANG);
               ended({.by_signal = info.si_code != CLD_EXITED, .value = info.si_status});
           }});
    return Source{source};
}

Result<Loop::Source> Loop::after(std::chrono::milliseconds delay, std::function<void()> callback) {
    using std::chrono::microseconds;
    sd_event_source* source = nullptr;
    const auto wait = static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(delay).count());
    // sd-event's own accuracy, 250 ms, would be several times the delay of a short one.
    const std::uint64_t accuracy = std::clamp<std::uint64_t>(wait / 10, 1'000, 250'000);
    const int r =
        sd_event_add_time_relative(event_.get(), &source, CLOCK_MONOTONIC, wait, accuracy, on_time, nullptr);
    if (r < 0) return loop_error("add a timer to", r);
    attach(source, std::move(callback));
    return Source{source};
}

Result<Loop::Source> Loop::on_exit(std::function<void()> callback) {
    sd_event_source* source = nullptr;
    const int r = sd_event_add_exit(event_.get(), &source, on_exit_of_loop, nullptr);
    if (r < 0) return loop_error("add an exit handler to", r);
    // Before those of others: sd-varlink's own ones wait for clients that do not read.
    sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT);
    attach(source, std::move(callback));
    return Source{source};
}

Result<int> Loop::run() {
    const int r = sd_event_loop(event_.get());
    if (r < 0) return loop_error("run", r);
    return r;
}

void Loop::exit(int status) {
    sd_event_exit(event_.get(), status);
}

void block_signals(std::initializer_list<int> numbers) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : numbers)
        sigaddset(&set, number);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);  // fails only for a bad first argument
}

}  // namespace rs
