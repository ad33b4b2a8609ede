// The service: owns everything, turns what happens into events of the machine and performs its effects.
#pragma once

#include <string>

#include "supervisor/config/config.hpp"

namespace rs {

// Runs until the machine ends; returns the program's exit status. Everything worth saying is logged.
// `config_file` is read anew at each reload.
int run_service(const std::string& name, const std::string& config_file, const Config& config);

}  // namespace rs
