// `rootless-supervisor audit`: what really binds the running proxy.
#pragma once

#include "supervisor/cli.hpp"
#include "supervisor/config/config.hpp"

namespace rs {

// Prints, and returns the exit status: 0 as promised, 1 with any difference, 4 without a proxy to look at.
int audit_proxy(const cli::Audit& command, const Config& config);

}  // namespace rs
