// Which services there are: by their control sockets and their configurations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/error.hpp"

namespace rs::ctl {

struct Instance {
    std::string name;
    bool running = false;     // has a control socket
    bool configured = false;  // has a configuration
    bool operator==(const Instance&) const = default;
};

// Sorted by name. The error is one line: what ssh says for a host that cannot be reached.
Result<std::vector<Instance>> instances_on(const std::string& host);

// From a list of paths, one a line: .../NAME/control, .../NAME.toml; others are passed over.
std::vector<Instance> instances_in(std::string_view paths);

}  // namespace rs::ctl
