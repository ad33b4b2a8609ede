// Goes through all that a service needs, from below: its configuration, its units, its user, Podman, and at
// last what the supervisor itself says, if it runs. Changes nothing.
#pragma once

#include <string>
#include <vector>

#include "supervisor/ctl/status.hpp"

namespace rs::ctl {

std::vector<Check> gather_checks(const std::string& name);

}  // namespace rs::ctl
