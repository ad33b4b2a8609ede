// What the service tells those who ask on its control socket, and what they ask for.
#include <algorithm>
#include <utility>

#include "supervisor/app.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/config/describe.hpp"

namespace rs {
namespace {

Request request_of(control::Verb verb) {
    switch (verb) {
        case control::Verb::restart:
            return Request::restart;
        case control::Verb::reload:
            return Request::reload;
        case control::Verb::stop:
            return Request::stop;
        case control::Verb::start:
            return Request::start;
    }
    std::unreachable();
}

control::Verb verb_of(Request request) {
    switch (request) {
        case Request::restart:
            return control::Verb::restart;
        case Request::reload:
            return control::Verb::reload;
        case Request::stop:
            return control::Verb::stop;
        case Request::start:
            return control::Verb::start;
    }
    std::unreachable();
}

// The name of the error; null for none.
const char* error_of(const effect::Answer& answer) {
    switch (answer.outcome) {
        case Outcome::done:
            return nullptr;
        case Outcome::failed:
            return answer.request == Request::reload ? control::kReloadFailed : control::kProxyFailed;
        case Outcome::superseded:
            return control::kSuperseded;
        case Outcome::not_stopped:
            return control::kNotStopped;
        case Outcome::stopping:
            return control::kStopping;
    }
    std::unreachable();
}

int control::Launches::* counter_of(Cause cause) {
    switch (cause) {
        case Cause::start:
            return &control::Launches::start;
        case Cause::crash:
            return &control::Launches::crash;
        case Cause::network:
            return &control::Launches::network;
        case Cause::unhealthy:
            return &control::Launches::unhealthy;
        case Cause::request:
            return &control::Launches::request;
        case Cause::reload:
            return &control::Launches::reload;
    }
    std::unreachable();
}

}  // namespace

Result<> App::serve_control() {
    auto server =
        control::Server::create(parts_.loop, parts_.directory + "/control",
                                {.status = [this] { return snapshot(view()); },
                                 .config =
                                     [this] {
                                         return control::ConfigText{.file = loaded_.file,
                                                                    .config = toml_text(config_),
                                                                    .loaded = loaded_.when,
                                                                    .changed_on_disk = loaded_.changed()};
                                     },
                                 .explain = [this] { return examine(view()); },
                                 .ask = [this](control::Verb verb) { ask(verb); },
                                 .learn = [this](std::chrono::microseconds span) { learn(span); },
                                 .stop_learning = [this] { stop_learning(); }});
    if (!server) return std::unexpected(server.error());
    server_ = *std::move(server);
    return {};
}

void App::ask(control::Verb verb) {
    post(event::Asked{request_of(verb)});
}

void App::perform(const effect::Answer& answer) {
    server_->answer(verb_of(answer.request), error_of(answer), answer.reason);
    lesson_goes_on(answer);
}

void App::say(bool warning, const std::string& text) {
    spdlog::log(warning ? spdlog::level::warn : spdlog::level::info, "{}", text);
    record(warning, text, false);
}

void App::record(bool warning, const std::string& text, bool new_state) {
    const control::Event event{.time = WallClock::now(),
                               .state = std::string{to_string(machine_.state)},
                               .warning = warning,
                               .text = text};
    journal_.add(event);
    if (server_) server_->publish(event, new_state);
}

void App::count_launch(Cause cause) {
    journal_.launched(counter_of(cause));
}

View App::view() const {
    return {.name = name_,
            .config = config_,
            .loaded = loaded_,
            .parts = parts_,
            .machine = machine_,
            .children = children_,
            .network = network_.get(),
            .units = *units_,
            .journal = journal_,
            .status_line = status_line_,
            .until = until()};
}

// The timer that ends the state, where there is one.
std::optional<App::WallClock::time_point> App::until() const {
    const auto due = [this](Timer timer) -> std::optional<WallClock::time_point> {
        const auto found = timers_.find(timer);
        return found == timers_.end() ? std::nullopt : std::optional{found->second.due};
    };
    switch (machine_.state) {
        case State::waiting:
            return due({Timer::Kind::wait});
        case State::backoff:
            return due({Timer::Kind::retry});
        case State::starting:
        case State::replacing:
            return due({Timer::Kind::start, machine_.starting->id});
        case State::stopping:
        case State::held: {
            std::optional<WallClock::time_point> last;
            for (const auto& draining : machine_.draining)
                last = std::max(last, due({Timer::Kind::stop, draining.slot.id}));
            return last;
        }
        case State::running:
        case State::stopped:
        case State::failed:
            return std::nullopt;
    }
    std::unreachable();
}

}  // namespace rs
