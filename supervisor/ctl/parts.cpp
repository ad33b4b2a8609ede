#include "supervisor/ctl/parts.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "supervisor/ctl/times.hpp"

namespace rs::ctl::parts {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
    return std::format("{} {}", number, number == 1 ? one : many);
}

Span blanks_after(std::size_t taken, std::size_t width) {
    return {std::string(width - std::min(taken, width) + 2, ' ')};
}

// One width for a column of all rows.
template <class T, class Text>
std::size_t widest(const std::vector<T>& rows, Text text) {
    std::size_t width = 0;
    for (const T& row : rows)
        width = std::max(width, columns(harmless(text(row), true)));
    return width;
}

std::string queue_of(const Socket& socket) {
    if (!socket.queue) return {};
    return socket.backlog ? std::format("{} of {} queued", *socket.queue, *socket.backlog)
                          : std::format("{} queued", *socket.queue);
}

bool is_full(const Socket& socket) {
    return socket.queue && socket.backlog && *socket.backlog > 0 && *socket.queue >= *socket.backlog;
}

Line proxy(const Proxy& proxy, const Status& status, Time now) {
    Line line{
        {std::format("{} {}", proxy.pid, proxy.role), proxy.role == "serving" ? Tone::good : Tone::warning}};
    if (proxy.healthy) {
        line.push_back({", "});
        line.push_back(*proxy.healthy ? Span{"healthy", Tone::good} : Span{"unhealthy", Tone::bad});
    }
    line.push_back({std::format(", up {} ({})", span_text(now - proxy.started), proxy.cause)});
    if (proxy.ready)
        line.push_back({std::format(", ready after {}", span_text(*proxy.ready - proxy.started))});
    if (status.namespaces && proxy.network_namespace != status.namespaces->network)
        line.push_back({std::format(", in {}", proxy.network_namespace), Tone::warning});
    if (proxy.status_text && !proxy.status_text->empty())
        line.push_back({std::format(", says: {}", *proxy.status_text)});
    return line;
}

}  // namespace

std::vector<Line> items(const Status& status, const Style& style) {
    std::vector<Line> lines;
    const std::size_t width = widest(status.waiting_for, [](const Item& item) { return item.what; });
    for (const Item& item : status.waiting_for) {
        const bool looked = item.met || item.detail.has_value();
        const Mark not_met = looked ? Mark::no : Mark::unknown;
        Line line{mark(item.met ? Mark::yes : not_met, style), {" "}, {item.what}};
        if (item.detail) {
            line.push_back(blanks_after(columns(harmless(item.what, true)), width));
            line.push_back({*item.detail});
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<Line> proxies(const Status& status, Time now) {
    if (status.proxies.empty()) return {{{"none", is_ready(status.state) ? Tone::bad : Tone::plain}}};
    std::vector<Line> lines;
    for (const Proxy& each : status.proxies)
        lines.push_back(proxy(each, status, now));
    return lines;
}

std::vector<Line> sockets(const Status& status) {
    if (status.sockets.empty()) return {{{"none passed by systemd"}}};
    std::vector<Line> lines;
    const std::size_t protocol = widest(status.sockets, [](const Socket& each) { return each.protocol; });
    const std::size_t address = widest(status.sockets, [](const Socket& each) { return each.address; });
    const std::size_t queue = widest(status.sockets, queue_of);
    for (const Socket& each : status.sockets) {
        lines.push_back({{std::format("{:<3}", each.fd)},
                         {each.protocol},
                         blanks_after(columns(harmless(each.protocol, true)), protocol),
                         {each.address},
                         blanks_after(columns(harmless(each.address, true)), address),
                         {queue_of(each), is_full(each) ? Tone::bad : Tone::plain},
                         blanks_after(queue_of(each).size(), queue),
                         {each.name, Tone::faint}});
    }
    return lines;
}

Line launches(const Status& status) {
    const std::array<std::pair<std::string_view, std::int64_t>, 6> causes{
        {{"start", status.launches.start},
         {"crash", status.launches.crash},
         {"network", status.launches.network},
         {"unhealthy", status.launches.unhealthy},
         {"request", status.launches.request},
         {"reload", status.launches.reload}}};
    std::vector<std::string> words;
    for (const auto& [cause, number] : causes)
        if (number != 0) words.push_back(std::format("{} {}", cause, number));
    Line line{{words.empty() ? "none yet" : joined(words)}};
    if (status.failures > 0) {
        line.push_back({"; "});
        line.push_back({std::format("{} in a row, {} allowed",
                                    counted(status.failures, "failure", "failures"), status.restart_limit),
                        Tone::warning});
    }
    return line;
}

Line namespaces(const Status& status) {
    if (!status.namespaces) return {{"Podman has none at present", Tone::warning}};
    return {{std::format("{} {} of pause process {}", status.namespaces->network, status.namespaces->user,
                         status.namespaces->pause_pid)}};
}

Line names(const Status& status) {
    if (!status.names) return {{"the host's name servers"}};
    Line line{{std::format("{} for network {}", status.names->address, status.names->network)}};
    if (!status.names->others.empty())
        line.push_back({std::format("; not for {}", joined(status.names->others)), Tone::warning});
    return line;
}

Line policy(const Status& status) {
    if (!status.policy) return {};
    const Policy& policy = *status.policy;
    const auto required = [](bool holds, std::string text) {
        return Span{std::move(text), holds ? Tone::plain : Tone::bad};
    };
    return {{std::format("{}: ", policy.profile)},
            required(policy.no_new_privileges,
                     policy.no_new_privileges ? "no new privileges" : "MAY GAIN PRIVILEGES"),
            {", "},
            required(policy.capabilities.empty(), policy.capabilities.empty()
                                                      ? "no capabilities"
                                                      : "CAPABILITIES " + joined(policy.capabilities)),
            {", "},
            required(policy.seccomp_filters > 0, policy.seccomp_filters > 0
                                                     ? std::format("seccomp x{}", policy.seccomp_filters)
                                                     : "NO SECCOMP"),
            {policy.landlock ? ", Landlock" : ""}};
}

Line watchdog(const Status& status, Time now) {
    const Watchdog& watchdog = status.watchdog;
    const auto every = [](const std::optional<Micros>& span) {
        return span ? "every " + span_text(*span) : std::string{"off"};
    };
    Line line{{std::format("systemd {}, proxy {}", every(watchdog.systemd), every(watchdog.proxy))}};
    if (watchdog.last_ping) line.push_back({std::format(", last ping {}", ago(*watchdog.last_ping, now))});
    return line;
}

Line health(const Status& status) {
    if (!status.health) return {{"no checks configured"}};
    const Health& health = *status.health;
    Span verdict{"not known yet", Tone::warning};
    if (health.healthy)
        verdict = *health.healthy ? Span{"healthy", Tone::good} : Span{"unhealthy", Tone::bad};
    Line line{std::move(verdict), {std::format(" by {}", health.probe)}};
    if (health.failures > 0) {
        line.push_back({std::format("; {} of {} failures", health.failures, health.retries), Tone::warning});
        if (health.last_text) line.push_back({std::format(": {}", *health.last_text)});
    }
    return line;
}

std::pair<std::string, std::string> next_command(const Status& status) {
    switch (status.state) {
        case State::waiting:
            return {"explain", "what is missing, and how to get it"};
        case State::held:
            return {"start", "lets the proxy serve again"};
        case State::backoff:
        case State::failed:
            return {"logs", "why the proxy ended"};
        case State::starting:
        case State::replacing:
        case State::stopping:
        case State::stopped:
        case State::unknown:
            return {"monitor", "what happens, as it happens"};
        case State::running:
            break;
    }
    if (status.health && status.health->healthy == false) return {"logs", "why the proxy is unhealthy"};
    if (status.config_changed) return {"reload", "takes the changed configuration"};
    return {"monitor", "what happens, as it happens"};
}

}  // namespace rs::ctl::parts
