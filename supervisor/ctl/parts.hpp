// The rows of a status screen, each in words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisor/ctl/status.hpp"
#include "supervisor/ctl/text.hpp"

namespace rs::ctl::parts {

std::vector<Line> items(const Status& status, const Style& style);  // none where nothing is waited for
std::vector<Line> proxies(const Status& status, Time now);
std::vector<Line> sockets(const Status& status);
Line launches(const Status& status);
Line namespaces(const Status& status);
Line names(const Status& status);
Line policy(const Status& status);  // empty without a proxy
Line watchdog(const Status& status, Time now);
Line health(const Status& status);

// "explain", and what it is good for now.
std::pair<std::string, std::string> next_command(const Status& status);

}  // namespace rs::ctl::parts
