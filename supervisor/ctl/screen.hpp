// What `supervisorctl status` shows: one service on a screen, or several in a table.
//
// Pure: the time and the style come in. A healthy service with four sockets and five events takes 24 lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisor/ctl/status.hpp"
#include "supervisor/ctl/text.hpp"

namespace rs::ctl {

// `on` is appended to the next useful command: "-H host" where that is what it takes to reach the service
// again.
std::vector<Line> screen(const Status& status, Time now, const Style& style, const std::string& on = {});

// A service as far as it could be asked.
struct Asked {
    std::string host;  // empty: this one
    std::string name;  // empty: the host itself could not be asked
    std::optional<Status> status;
    std::string state;   // without a status: "not running", "unreachable"
    std::string reason;  // why there is none, in a line
};

// With a column HOST if one of them has a host.
std::vector<Line> overview(const std::vector<Asked>& services, Time now, const Style& style);

// "running" in the tone of its meaning.
Span shown(State state);

// One line of `supervisorctl monitor`, and of the events on a screen.
Line shown(const Event& event);

}  // namespace rs::ctl
