#include "supervisor/ctl/screen.hpp"

#include <algorithm>
#include <format>

#include "supervisor/ctl/decode.hpp"
#include "supervisor/ctl/parts.hpp"
#include "supervisor/ctl/times.hpp"

namespace rs::ctl {
namespace {

constexpr std::size_t kEvents = 5;
constexpr std::size_t kLabel = 11;

// Rows with a label on the right of its column: "     Status: …", or without one below it.
class Rows {
  public:
    void add(std::string_view label, Line content) {
        content.insert(content.begin(), Span{std::format("{:>{}} ", std::string{label} + ":", kLabel + 1)});
        lines_.push_back(std::move(content));
    }
    void add_each(std::string_view label, std::vector<Line> contents) {
        for (Line& content : contents) {
            add_one(label, std::move(content));
            label = {};
        }
    }
    void add_free(Line line) { lines_.push_back(std::move(line)); }
    void add_blank() { lines_.emplace_back(); }
    std::vector<Line> take() { return std::move(lines_); }

  private:
    void add_one(std::string_view label, Line content) {
        if (!label.empty()) return add(label, std::move(content));
        content.insert(content.begin(), Span{std::string(kLabel + 2, ' ')});
        lines_.push_back(std::move(content));
    }
    std::vector<Line> lines_;
};

Line title(const Status& status, Time now, const Style& style) {
    const Span state = shown(status.state);
    return {{style.symbols ? "● " : "* ", state.tone},
            {status.name, Tone::bold},
            {" - "},
            state,
            {std::format(" since {}; {}", date_and_time(status.since), ago(status.since, now))}};
}

void add_state(Rows& rows, const Status& status, Time now, const Style& style) {
    rows.add("Status", {{status.status_text}});
    const bool has_why = status.why && !is_ready(status.state);
    if (has_why && !status.status_text.contains(*status.why)) rows.add("Why", {{*status.why}});
    if (status.until) {
        rows.add(
            "Until",
            {{std::format("{}; {} left", date_and_time(*status.until), span_text(*status.until - now))}});
    }
    rows.add_each("Waits for", parts::items(status, style));
}

void add_proxy(Rows& rows, const Status& status, Time now) {
    rows.add_each("Proxy", parts::proxies(status, now));
    rows.add("Launches", parts::launches(status));
    rows.add("Namespaces", parts::namespaces(status));
    rows.add_each("Sockets", parts::sockets(status));
    if (status.names || status.namespaces) rows.add("DNS", parts::names(status));
    if (status.policy) rows.add("Policy", parts::policy(status));
    rows.add("Watchdog", parts::watchdog(status, now));
    rows.add("Health", parts::health(status));
}

void add_supervisor(Rows& rows, const Status& status, Time now) {
    Line config{{status.config_file}};
    if (status.config_loaded) config.push_back({std::format(", read {}", ago(*status.config_loaded, now))});
    if (status.config_changed) config.push_back({", changed since", Tone::warning});
    rows.add("Config", std::move(config));
    rows.add("Supervisor", {{std::format("{}, up {}, version {}, user {}", status.supervisor_pid,
                                         span_text(now - status.started), status.version, status.user)}});
}

}  // namespace

Span shown(State state) {
    const std::string name{name_of(state)};
    switch (state) {
        case State::running:
            return {name, Tone::good};
        case State::waiting:
        case State::starting:
        case State::replacing:
        case State::backoff:
        case State::stopping:
        case State::held:
        case State::unknown:
            return {name, Tone::warning};
        case State::stopped:
        case State::failed:
            return {name, Tone::bad};
    }
    return {name};
}

Line shown(const Event& event) {
    return {{short_time(event.time) + " ", Tone::faint},
            {std::format("{:<9} ", event.state)},
            {event.text, event.warning ? Tone::warning : Tone::plain}};
}

std::vector<Line> screen(const Status& status, Time now, const Style& style, const std::string& on) {
    Rows rows;
    rows.add_free(title(status, now, style));
    add_state(rows, status, now, style);
    add_proxy(rows, status, now);
    add_supervisor(rows, status, now);

    if (!status.events.empty()) rows.add_blank();
    const std::size_t skipped = status.events.size() - std::min(kEvents, status.events.size());
    for (std::size_t i = skipped; i < status.events.size(); ++i)
        rows.add_free(shown(status.events[i]));

    const auto [command, reason] = parts::next_command(status);
    rows.add_blank();
    rows.add_free(
        {{style.symbols ? "→ " : "> "},
         {std::format("supervisorctl {}{} {}", on.empty() ? "" : on + " ", command, status.name), Tone::bold},
         {"  " + reason, Tone::faint}});
    return rows.take();
}

}  // namespace rs::ctl
