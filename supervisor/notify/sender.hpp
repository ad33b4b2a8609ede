// What we tell systemd (sd_notify(3)). Silent where nobody listens: a run from a shell.
#pragma once

#include <chrono>
#include <string>

namespace rs {

class NotifySender {
  public:
    void status(const std::string& text) const;
    void ready() const;
    void stopping() const;
    // Asks for more time to start than TimeoutStartSec= gives; zero asks for as much as it takes.
    void extend_timeout(std::chrono::milliseconds more) const;
};

}  // namespace rs
