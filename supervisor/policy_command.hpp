// `rootless-supervisor policy …`: policies shown, checked, compared and compiled.
#pragma once

#include "supervisor/cli.hpp"

namespace rs {

// Prints to stdout; a failure is logged. Returns the exit status: EX_CONFIG for a profile or a configuration
// that is wrong, 1 where `diff` finds a difference.
int run_policy_command(const cli::Policy& command);

}  // namespace rs
