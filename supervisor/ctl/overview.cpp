#include <algorithm>
#include <format>

#include "supervisor/ctl/screen.hpp"
#include "supervisor/ctl/table.hpp"
#include "supervisor/ctl/times.hpp"

namespace rs::ctl {
namespace {

Span health_of(const Status& status) {
    if (!status.health) return {"-"};
    if (!status.health->healthy) return {"unknown", Tone::warning};
    return *status.health->healthy ? Span{"ok", Tone::good} : Span{"failing", Tone::bad};
}

std::string serving_pid(const Status& status) {
    const auto found = std::ranges::find(status.proxies, "serving", &Proxy::role);
    return found != status.proxies.end() ? std::to_string(found->pid) : "-";
}

std::int64_t total(const Launches& launches) {
    return launches.start + launches.crash + launches.network + launches.unhealthy + launches.request +
           launches.reload;
}

std::vector<Span> row(const Asked& service, Time now) {
    const std::string name = service.name.empty() ? "-" : service.name;
    if (!service.status) {
        return {{name}, {service.state, Tone::bad}, {"-"}, {"-"}, {"-"}, {"-"}, {service.reason}};
    }
    const Status& status = *service.status;
    const bool changed = status.config_changed;
    return {{name, Tone::bold},
            shown(status.state),
            {span_text(now - status.since)},
            {serving_pid(status)},
            health_of(status),
            {std::to_string(total(status.launches))},
            {changed ? status.status_text + "; configuration changed" : status.status_text,
             changed ? Tone::warning : Tone::plain}};
}

Line summary(const std::vector<Asked>& services) {
    const auto ready = std::ranges::count_if(
        services, [](const Asked& each) { return each.status && is_ready(each.status->state); });
    return {{std::format("{} of {} ready", ready, services.size())}};
}

}  // namespace

std::vector<Line> overview(const std::vector<Asked>& services, Time now, const Style& style) {
    using Kind = Column::Kind;
    std::vector<Column> titles{{"NAME"},
                               {"STATE"},
                               {.title = "FOR", .spare = 2},
                               {.title = "PROXY", .kind = Kind::number, .spare = 1},
                               {"HEALTH"},
                               {.title = "LAUNCHES", .kind = Kind::number, .spare = 3},
                               {"STATUS", Kind::flexible}};
    const bool hosts = std::ranges::any_of(services, [](const Asked& each) { return !each.host.empty(); });
    if (hosts) titles.insert(titles.begin(), {"HOST"});

    std::vector<std::vector<Span>> rows;
    for (const Asked& service : services) {
        rows.push_back(row(service, now));
        if (hosts) rows.back().insert(rows.back().begin(), {service.host.empty() ? "-" : service.host});
    }
    std::vector<Line> lines = table(std::move(titles), std::move(rows), style);
    lines.emplace_back();
    lines.push_back(summary(services));
    return lines;
}

}  // namespace rs::ctl
