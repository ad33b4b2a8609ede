#include "supervisor/control/metrics.hpp"

#include <algorithm>
#include <format>
#include <string_view>
#include <utility>

namespace rs::control {
namespace {

// A label's value, escaped as OpenMetrics demands.
std::string in_quotes(std::string_view text) {
    std::string all = "\"";
    for (const char c : text) {
        if (c == '\n') {
            all += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') all += '\\';
        all += c;
    }
    return all + '"';
}

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

class Text {
  public:
    explicit Text(const std::string& name) : name_(name) {}

    // Opens a metric family; `unit` is part of its name, too.
    void family(std::string_view name, std::string_view type, std::string_view help,
                std::string_view unit = {}) {
        family_ = std::format("rootless_supervisor_{}", name);
        text_ += std::format("# TYPE {} {}\n", family_, type);
        if (!unit.empty()) text_ += std::format("# UNIT {} {}\n", family_, unit);
        text_ += std::format("# HELP {} {}\n", family_, help);
    }

    template <class Value>
    void sample(Value value, const Labels& labels = {}, std::string_view suffix = {}) {
        text_ += std::format("{}{}{{name={}", family_, suffix, in_quotes(name_));
        for (const auto& [label, text] : labels)
            text_ += std::format(",{}={}", label, in_quotes(text));
        text_ += std::format("}} {}\n", value);
    }

    [[nodiscard]] std::string finish() && { return std::move(text_) + "# EOF\n"; }

  private:
    const std::string& name_;
    std::string family_;
    std::string text_;
};

double seconds(std::chrono::system_clock::duration span) {
    return std::chrono::duration<double>(span).count();
}

void tell_state(Text& text, const Status& status) {
    text.family("build", "info", "The running program.");
    text.sample(1, {{"version", status.version}}, "_info");
    text.family("state", "stateset", "What the supervisor and its proxies do.");
    for (const auto state : kStates)
        text.sample(status.state == state ? 1 : 0, {{"rootless_supervisor_state", state}});
    const bool serves = std::ranges::contains(status.proxies, "serving", &Proxy::role);
    text.family("ready", "gauge", "Whether a proxy serves.");
    text.sample(serves ? 1 : 0);
    text.family("state_start_time_seconds", "gauge", "When the state began.", "seconds");
    text.sample(seconds(status.since.time_since_epoch()));
    text.family("start_time_seconds", "gauge", "When the supervisor was started.", "seconds");
    text.sample(seconds(status.started.time_since_epoch()));
    text.family("config_changed", "gauge", "Whether the configuration file changed since it was read.");
    text.sample(status.config_changed ? 1 : 0);
    text.family("config_load_time_seconds", "gauge", "When the configuration was read.", "seconds");
    text.sample(seconds(status.config_loaded.time_since_epoch()));
}

void tell_launches(Text& text, const Status& status) {
    const Launches& launches = status.launches;
    text.family("launches", "counter", "Proxies launched, by cause.");
    for (const auto& [cause, count] : {std::pair{"start", launches.start},
                                       {"crash", launches.crash},
                                       {"network", launches.network},
                                       {"unhealthy", launches.unhealthy},
                                       {"request", launches.request},
                                       {"reload", launches.reload}}) {
        text.sample(count, {{"cause", cause}}, "_total");
    }
    text.family("failures_in_a_row", "gauge", "Failures since a proxy last served for a minute.");
    text.sample(status.failures);
    text.family("proxies", "gauge", "Live processes of the proxy, by role.");
    for (const std::string_view role : {"serving", "starting", "draining"})
        text.sample(std::ranges::count(status.proxies, role, &Proxy::role), {{"role", role}});
}

void tell_serving(Text& text, const Status& status, Time now) {
    const auto serving = std::ranges::find(status.proxies, "serving", &Proxy::role);
    if (serving == status.proxies.end()) return;
    text.family("proxy_start_time_seconds", "gauge", "When the serving proxy was launched.", "seconds");
    text.sample(seconds(serving->started.time_since_epoch()));
    text.family("proxy_pid", "gauge", "Process id of the serving proxy.");
    text.sample(serving->pid);
    if (serving->healthy) {
        text.family("proxy_healthy", "gauge", "What the health checks say of the serving proxy.");
        text.sample(*serving->healthy ? 1 : 0);
    }
    if (status.watchdog.last_ping) {
        text.family("proxy_ping_age_seconds", "gauge", "Since the serving proxy last sent WATCHDOG=1.",
                    "seconds");
        text.sample(std::max(0.0, seconds(now - *status.watchdog.last_ping)));
    }
}

void tell_sockets(Text& text, const Status& status) {
    const auto all = [&](std::optional<int> Socket::* value) {
        for (const auto& socket : status.sockets) {
            if (!(socket.*value)) continue;
            const std::string fd = std::to_string(socket.fd);
            text.sample(*(socket.*value), {{"fd", fd}, {"socket", socket.name}, {"address", socket.address}});
        }
    };
    text.family("socket_queue", "gauge", "Connections that no proxy has accepted yet.");
    all(&Socket::queue);
    text.family("socket_backlog", "gauge", "How many connections may wait to be accepted.");
    all(&Socket::backlog);
}

}  // namespace

std::string metrics(const Status& status, Time now) {
    Text text{status.name};
    tell_state(text, status);
    tell_launches(text, status);
    tell_serving(text, status, now);
    if (status.health) {
        text.family("probe_failures", "counter", "Failed health probes.");
        text.sample(status.probe_failures, {}, "_total");
    }
    text.family("refused_system_calls", "counter", "System calls that the policy refused to the proxies.");
    text.sample(status.refused, {}, "_total");
    tell_sockets(text, status);
    return std::move(text).finish();
}

}  // namespace rs::control
