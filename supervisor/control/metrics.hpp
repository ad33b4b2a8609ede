// The status as OpenMetrics text (OpenMetrics 1.0), for node_exporter's textfile collector and the like.
#pragma once

#include <string>

#include "supervisor/control/status.hpp"

namespace rs::control {

// All names begin with rootless_supervisor_, all samples have the label `name`, and the last line is "# EOF".
std::string metrics(const Status& status, Time now);

}  // namespace rs::control
