// Asks services for their status: those that are named, or all there are, on every host at the same time.
#pragma once

#include <string>
#include <vector>

#include "supervisor/ctl/json.hpp"
#include "supervisor/ctl/link.hpp"
#include "supervisor/ctl/options.hpp"
#include "supervisor/ctl/screen.hpp"

namespace rs::ctl {

struct Answer {
    Asked asked;
    Json parameters;  // of the answer as it came; empty without one
    int exit_status = 0;
};

// In the order of the hosts and names as given; by name where none is given.
std::vector<Answer> ask_status(const Options& options);

// One service. `configured` says what it means that nobody listens.
Answer ask_status(const Target& target, bool configured);

// The services that a verb is for, without asking them, and what cannot be one.
struct Found {
    std::vector<Target> targets;
    std::vector<Answer> others;  // not running, unknown, unreachable
};
Found find(const Options& options);

// "caddy: not running; …": for a service without a status.
std::string line_for(const Asked& asked);

}  // namespace rs::ctl
