// What people ask for while the service runs, and when they get their answer.
//
// Requests of one kind join: whoever asks for what is under way already is answered together with the first.
#include "supervisor/service/stepper.hpp"

namespace rs {

void Stepper::operator()(const event::Asked& asked) {
    const bool first = m_.asked.insert(asked.request).second;
    if (ending()) return;  // answer_who_asked() says so
    switch (asked.request) {
        case Request::restart:
            return restart();
        case Request::reload:
            return (*this)(event::ReloadRequested{});
        case Request::stop:
            return hold();
        case Request::start:
            if (m_.held) return release();
            if (first) answer(Request::start, Outcome::not_stopped);
            return;
    }
}

// A successor that starts already is as good as another one.
void Stepper::restart() {
    if (m_.held) return release();
    end_pause();
    if (m_.network == 0 || !m_.serving || m_.starting) return;
    ask_for_successor(Wish::asked, "restart requested", Cause::request);
}

void Stepper::hold() {
    for (const auto request : {Request::restart, Request::reload, Request::start})
        answer(request, Outcome::superseded, "the proxy was stopped on request");
    if (m_.held) return;
    m_.held = true;
    m_.wish = Wish::none;
    why_ = "as requested";
    retire_all();
    finish_reload();
}

void Stepper::release() {
    answer(Request::stop, Outcome::superseded, "the proxy was started on request");
    m_.held = false;
    m_.failures = 0;
}

// Does nothing where nobody has asked.
void Stepper::answer(Request request, Outcome outcome, const std::string& reason) {
    if (m_.asked.erase(request) > 0) add(effect::Answer{request, outcome, reason});
}

// Who asked for a proxy is answered when one has taken over, or as soon as none is on its way. A reload is
// answered here only where its successor has to wait; finish_reload() does the rest.
void Stepper::answer_who_asked() {
    using enum Request;
    if (ending()) {
        for (const auto request : {restart, reload, stop, start})
            answer(request, Outcome::stopping);
        return;
    }
    if (m_.held) {
        if (m_.draining.empty()) answer(Request::stop, Outcome::done);
        return;
    }
    const bool took_over = m_.serving && m_.serving->id > served_before_;  // not one that takes back
    if (took_over) {
        answer(Request::restart, Outcome::done);
        answer(Request::start, Outcome::done);
    }
    if (m_.starting) return;
    const std::string reason = why_.empty() ? m_.missing : why_;
    answer(Request::restart, Outcome::failed, reason);
    answer(Request::start, Outcome::failed, reason);
    if (m_.wish != Wish::none) answer(Request::reload, Outcome::failed, reason);
}

}  // namespace rs
