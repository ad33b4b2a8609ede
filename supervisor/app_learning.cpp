// `rootless-supervisor policy learn`: a successor that is observed takes over, and after a while one that is
// not.
//
// While the lesson is not over, every proxy that is launched is observed, so that it goes on when Podman's
// network is recreated meanwhile. An observed proxy that outlives it is held to its profile by our answers.
#include <chrono>
#include <format>
#include <utility>

#include "policy/flatten.hpp"
#include "supervisor/app.hpp"
#include "supervisor/base/log.hpp"

namespace rs {
namespace {

// What the profile says by itself: [policy] adds its own again when the learned one is used.
Result<policy::Access> access_of(const std::string& profile) {
    if (profile.ends_with(".json")) return policy::Access{};
    const policy::Library library;
    const auto loaded = library.load(profile);
    if (!loaded) return std::unexpected(loaded.error());
    const auto flat = policy::flatten(library, *loaded);
    if (!flat) return std::unexpected(flat.error());
    return flat->access;
}

long long seconds(std::chrono::microseconds span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

}  // namespace

void App::learn(std::chrono::microseconds span) {
    const auto refuse = [this](const char* error, const std::string& why) {
        server_->answer_lesson(error, why, {});
    };
    if (machine_.state != State::running) {
        return refuse(control::kProxyFailed,
                      std::format("only a proxy that serves can be observed; this one is in state {}",
                                  to_string(machine_.state)));
    }
    const auto& current = parts_.sandboxes.proxy.policy;
    auto access = access_of(current.profile);
    if (!access) return refuse(control::kProxyFailed, access.error().message);
    auto lesson = policy::Lesson::begin(current, *std::move(access));
    if (!lesson) return refuse(control::kProxyFailed, lesson.error().message);
    learning_ = std::make_shared<Learning>(*std::move(lesson), span);
    say(true,
        std::format("observing the proxy for {} s: most of what profile {} refuses is let through meanwhile",
                    seconds(span), current.profile));
    post(event::Asked{Request::restart});
}

// The client went away: nobody wants to know any more.
void App::stop_learning() {
    if (!learning_) return;
    learning_->awaited = false;
    return_from_lesson();
}

void App::return_from_lesson() {
    if (learning_->phase == Learning::Phase::returning) return;
    learning_->phase = Learning::Phase::returning;
    learning_->timer.reset();
    post(event::Asked{Request::restart});
}

void App::end_lesson(const char* error, const std::string& reason) {
    const auto learning = std::exchange(learning_, nullptr);
    if (!learning) return;
    learning->phase = Learning::Phase::returning;
    learning->timer.reset();
    if (error != nullptr) say(true, std::format("the observation of the proxy has ended: {}", reason));
    if (!learning->awaited || !server_) return;
    if (error != nullptr) return server_->answer_lesson(error, reason, {});
    const auto heading =
        std::format("Learned by rootless-supervisor from proxy {} in {} s.", name_, seconds(learning->span));
    server_->answer_lesson(nullptr, learning->lesson.profile(heading), learning->lesson.refused());
}

// What a proxy that is launched now is observed for.
std::shared_ptr<Learning> App::lesson() const {
    return learning_ && learning_->phase != Learning::Phase::returning ? learning_ : nullptr;
}

bool App::observed_serves() const {
    const auto child = machine_.serving ? children_.find(machine_.serving->id) : children_.end();
    return child != children_.end() && child->second.learning != nullptr;
}

// The answers to our own requests; those of others mean the same.
void App::lesson_goes_on(const effect::Answer& answer) {
    if (!learning_ || answer.request != Request::restart) return;
    const bool done = answer.outcome == Outcome::done;
    switch (learning_->phase) {
        case Learning::Phase::starting: {
            if (!done) return end_lesson(control::kProxyFailed, "it could not be started: " + answer.reason);
            learning_->phase = Learning::Phase::watching;
            auto timer = parts_.loop.after(std::chrono::ceil<std::chrono::milliseconds>(learning_->span),
                                           [this] { return_from_lesson(); });
            if (!timer) return end_lesson(control::kProxyFailed, timer.error().message);
            learning_->timer = *std::move(timer);
            return;
        }
        case Learning::Phase::watching:
            return;
        case Learning::Phase::returning:
            // One that was launched before the time was over.
            if (done && observed_serves()) return post(event::Asked{Request::restart});
            if (!done && observed_serves())
                say(true, "the proxy stays under observation, held to its profile: " + answer.reason);
            return end_lesson(nullptr, {});
    }
}

// Not when it drains, having handed over to one that is observed as well.
void App::observed_ended(ProxyId id, const Child& child, const ProcessEnd& end) {
    if (!learning_ || child.learning != learning_ || learning_->phase != Learning::Phase::watching) return;
    for (const auto& [other, each] : children_)
        if (other != id && each.learning == learning_) return;
    end_lesson(control::kProxyFailed, "the observed proxy " + end.text());
}

int App::observe_call(const std::shared_ptr<Learning>& learning, const seccomp_data& call) {
    const bool over = learning->phase == Learning::Phase::returning;
    return over ? learning->lesson.enforce(call) : learning->lesson.observe(call);
}

}  // namespace rs
