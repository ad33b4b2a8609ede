// Other programs: run to their end, or in our place.
#pragma once

#include <string>
#include <vector>

#include "supervisor/base/error.hpp"

namespace rs::ctl {

struct Ended {
    int status = 0;  // its exit status, 128+N for signal N
    std::string out;
    std::string err;
};

// Searched in $PATH; reads nothing. Errors: it cannot be executed.
Result<Ended> run(std::vector<std::string> command);

// Returns only if the program cannot be executed.
Error become(std::vector<std::string> command);

// ssh(1), or the program that $SYSTEMD_SSH names, as for sd-varlink.
std::string ssh_program();

}  // namespace rs::ctl
