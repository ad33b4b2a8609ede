// `rootless-supervisor exec`: any command where the proxy runs, under the proxy's sandbox and with its DNS.
#pragma once

#include <string>
#include <vector>

#include "supervisor/config/config.hpp"

namespace rs {

// Replaces this process by the command; returns an exit status only when that failed (the reason is logged).
int exec_in_network(const Config& whole, const std::vector<std::string>& command);

}  // namespace rs
