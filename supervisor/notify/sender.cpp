#include "supervisor/notify/sender.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <ctime>
#include <format>

namespace rs {

std::chrono::microseconds watchdog_interval() {
    std::uint64_t interval = 0;
    return std::chrono::microseconds{sd_watchdog_enabled(0, &interval) > 0 ? interval : 0};
}

void NotifySender::status(const std::string& text) const {
    sd_notify(0, ("STATUS=" + text).c_str());
}

void NotifySender::ready() const {
    sd_notify(0, "READY=1");
}

void NotifySender::stopping() const {
    sd_notify(0, "STOPPING=1");
}

void NotifySender::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notify(
        0,
        std::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1'000).c_str());
}

void NotifySender::watchdog() const {
    sd_notify(0, "WATCHDOG=1");
}

void NotifySender::extend_timeout(std::chrono::milliseconds more) const {
    // A century, not UINT64_MAX: systemd ignores "infinity" here.
    constexpr std::chrono::microseconds kLong = std::chrono::hours{24 * 365 * 100};
    const std::chrono::microseconds wanted = more.count() == 0 ? kLong : std::chrono::microseconds{more};
    sd_notify(0, std::format("EXTEND_TIMEOUT_USEC={}", wanted.count()).c_str());
}

}  // namespace rs
