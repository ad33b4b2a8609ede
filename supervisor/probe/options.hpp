// The command line of the probe program.
#pragma once

#include <optional>
#include <string>

namespace rs {

struct ProbeOptions {
    std::string target;  // http://…, https://… or tcp://ADDRESS:PORT
    std::string unix_socket;
    int timeout_ms = 3'000;
    int expect = 0;  // 0: any status below 400
};

// Nothing when the arguments make no sense; then a line on stderr has said why.
std::optional<ProbeOptions> parse_probe_options(int argc, char** argv);

}  // namespace rs
