// What a probe is as a process: its command, and how its end is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/loop.hpp"
#include "supervisor/config/config.hpp"

namespace rs {

struct ProbeCommand {
    std::vector<std::string> argv;
    bool ours =
        false;  // the probe program: it keeps to the timeout by itself and says in one line what is wrong
};

// `program`: the probe program, for http and tcp.
ProbeCommand probe_command(const HealthConfig& config, const std::string& program);

// What to say of a probe that failed; `output` is the last line that it printed.
std::string failure_text(const ProbeCommand& command, ProcessEnd end, const std::string& output);
std::string timeout_text(const ProbeCommand& command, std::chrono::milliseconds timeout,
                         const std::string& output);

// The last line of what a process prints, in constant space.
class LastLine {
  public:
    void add(std::string_view text);
    // Without control characters and not too long for a line of the journal.
    [[nodiscard]] std::string text() const;

  private:
    std::string tail_;
};

}  // namespace rs
