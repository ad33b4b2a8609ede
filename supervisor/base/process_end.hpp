// How a process ended, as waitid(2) tells it.
#pragma once

#include <string>

namespace rs {

struct ProcessEnd {
    bool by_signal = false;
    int value = 0;  // exit status, or the number of the signal

    // "exited with status 1", "was killed by SIGKILL"
    [[nodiscard]] std::string text() const;
    // What a shell would report: the status, or 128 + signal.
    [[nodiscard]] int shell_status() const { return by_signal ? 128 + value : value; }

    bool operator==(const ProcessEnd&) const = default;
};

}  // namespace rs
