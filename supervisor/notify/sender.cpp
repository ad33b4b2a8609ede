#include "supervisor/notify/sender.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <format>

namespace rs {

void NotifySender::status(const std::string& text) const {
    sd_notify(0, ("STATUS=" + text).c_str());
}

void NotifySender::ready() const {
    sd_notify(0, "READY=1");
}

void NotifySender::stopping() const {
    sd_notify(0, "STOPPING=1");
}

void NotifySender::extend_timeout(std::chrono::milliseconds more) const {
    // A century, not UINT64_MAX: systemd ignores "infinity" here.
    constexpr std::chrono::microseconds kLong = std::chrono::hours{24 * 365 * 100};
    const std::chrono::microseconds wanted = more.count() == 0 ? kLong : std::chrono::microseconds{more};
    sd_notify(0, std::format("EXTEND_TIMEOUT_USEC={}", wanted.count()).c_str());
}

}  // namespace rs
