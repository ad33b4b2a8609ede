#include "supervisor/podman/unit_state.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <string_view>
#include <utility>

namespace rs {
namespace {

// All of these offer the unit's service; systemctl is-active takes them for active, too.
bool is_active(std::string_view active) {
    static constexpr std::array<std::string_view, 3> kActive{"active", "reloading", "refreshing"};
    return std::ranges::contains(kActive, active);
}

bool restarts(const UnitState& unit) {
    return unit.active == "activating" && unit.sub.starts_with("auto-restart");
}

std::string load_problem(const UnitState& unit) {
    if (unit.load == "not-found") return "is not found (no such unit file)";
    if (unit.load == "masked") return "is masked";
    return std::format("cannot be loaded ({})", unit.note.empty() ? unit.load : unit.note);
}

}  // namespace

UnitState read_unit(const UnitState& before, const std::map<std::string, std::string>& properties) {
    const auto of = [&properties](const char* name) {
        const auto found = properties.find(name);
        return found != properties.end() ? found->second : std::string{};
    };
    UnitState unit{.name = before.name,
                   .load = of("LoadState"),
                   .active = of("ActiveState"),
                   .sub = of("SubState"),
                   .result = {},
                   .note = {}};
    // Whoever started it anew, what hindered the last start is past.
    if (unit.active == "inactive" && unit.load == before.load) unit.note = before.note;
    return unit;
}

bool has_failed(const UnitState& unit) {
    return unit.active == "failed" || restarts(unit);
}

std::string result_interface(const std::string& unit_name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kInterfaces{{
        {".service", "Service"},
        {".socket", "Socket"},
        {".mount", "Mount"},
        {".automount", "Automount"},
        {".swap", "Swap"},
        {".timer", "Timer"},
        {".path", "Path"},
        {".scope", "Scope"},
    }};
    for (const auto& [suffix, interface] : kInterfaces) {
        if (unit_name.ends_with(suffix)) return std::format("org.freedesktop.systemd1.{}", interface);
    }
    return "";
}

std::string problem_of(const UnitState& unit) {
    if (is_active(unit.active)) return "";
    if (has_failed(unit)) {
        const std::string why = unit.result.empty() ? "" : std::format(" (result {})", unit.result);
        return std::format("failed{}{}", why, restarts(unit) ? " and will be started again" : "");
    }
    if (unit.load != "loaded") return load_problem(unit);
    if (unit.active == "inactive" && !unit.note.empty()) return std::format("is inactive ({})", unit.note);
    return "is " + unit.active;
}

}  // namespace rs
