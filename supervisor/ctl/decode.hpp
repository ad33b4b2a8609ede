// From the JSON of io.rootless.Supervisor to plain data.
//
// Members that are not known are passed over, so that a newer supervisor may tell more; one that is missing
// or of another type than the interface says is an error that names it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/ctl/json.hpp"
#include "supervisor/ctl/status.hpp"

namespace rs::ctl {

// The word of the interface for a state; "unknown" for State::unknown.
std::string_view name_of(State state);
State state_of(std::string_view name);

// The parameters of an answer to GetStatus: {"status": …}.
Result<Status> decode_status(sd_json_variant* parameters);

// The parameters of an answer to Explain: {"checks": […]}.
Result<std::vector<Check>> decode_checks(sd_json_variant* parameters);

// The parameters of an answer to GetConfig and GetMetrics.
struct ConfigReply {
    std::string file;
    std::string config;  // TOML
    Time loaded;
    bool changed = false;
};
Result<ConfigReply> decode_config(sd_json_variant* parameters);
Result<std::string> decode_metrics(sd_json_variant* parameters);

// One answer of Monitor: the first has the status, later ones an event, or both.
struct Report {
    std::optional<Event> event;
    std::optional<Status> status;
};
Result<Report> decode_report(sd_json_variant* parameters);

// The `reason` of an error's parameters; empty where it has none.
std::string reason_in(sd_json_variant* parameters);

}  // namespace rs::ctl
