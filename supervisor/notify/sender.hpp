// What we tell systemd (sd_notify(3)). Silent where nobody listens: a run from a shell.
#pragma once

#include <chrono>
#include <string>

namespace rs {

// How often systemd wants WATCHDOG=1 at the latest (sd_watchdog_enabled(3)); zero: not at all.
std::chrono::microseconds watchdog_interval();

class NotifySender {
  public:
    void status(const std::string& text) const;
    void ready() const;
    void stopping() const;
    // Type=notify-reload, systemd.service(5): with the time, so that systemd can tell this reload from an
    // older one.
    void reloading() const;
    void watchdog() const;
    // Asks for more time to start than TimeoutStartSec= gives; zero asks for as much as it takes.
    void extend_timeout(std::chrono::milliseconds more) const;
};

}  // namespace rs
