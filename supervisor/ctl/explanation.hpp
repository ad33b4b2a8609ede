// What `supervisorctl explain` shows.
#pragma once

#include <string>
#include <vector>

#include "supervisor/ctl/json.hpp"
#include "supervisor/ctl/status.hpp"
#include "supervisor/ctl/text.hpp"

namespace rs::ctl {

// A line for each check, one with the remedy below each that failed, and what is to be done first.
std::vector<Line> explanation(const std::string& name, const std::vector<Check>& checks, const Style& style);

// {"checks": […]}, as the interface has it.
Json to_json(const std::vector<Check>& checks);

}  // namespace rs::ctl
