// The service: owns everything, turns what happens into events of the machine and performs its effects.
#pragma once

#include <string>

#include "supervisor/config/config.hpp"

namespace rs {

// Runs until the machine ends; returns the program's exit status. Everything worth saying is logged.
int run_service(const std::string& name, const Config& config);

}  // namespace rs
