#include <algorithm>
#include <cerrno>
#include <format>

#include "supervisor/control/interface.h"
#include "supervisor/ctl/ask.hpp"
#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/output.hpp"
#include "supervisor/ctl/times.hpp"
#include "supervisor/ctl/verbs.hpp"

namespace rs::ctl {
namespace {

constexpr const char* kProxyFailed = RS_INTERFACE ".ProxyFailed";
constexpr const char* kReloadFailed = RS_INTERFACE ".ReloadFailed";
constexpr const char* kSuperseded = RS_INTERFACE ".Superseded";
constexpr const char* kNotStopped = RS_INTERFACE ".NotStopped";
constexpr const char* kStopping = RS_INTERFACE ".Stopping";

std::string on(const Target& target) {
    return target.host.empty() ? "" : std::format("-H {} ", target.host);
}

std::string done(Verb verb) {
    switch (verb) {
        case Verb::restart:
            return "restarted";
        case Verb::reload:
            return "reloaded";
        case Verb::stop:
            return "stopped";
        case Verb::start:
            return "started";
        case Verb::status:
        case Verb::monitor:
        case Verb::explain:
        case Verb::logs:
        case Verb::config:
        case Verb::metrics:
            return "done";
    }
    return "done";
}

// What has become of it, as far as a status tells: the change itself has succeeded.
std::string outcome(const Target& target, Verb verb) {
    if (verb == Verb::stop) {
        return std::format("; the service and its sockets stay until supervisorctl {}start {}", on(target),
                           target.name);
    }
    const Answer answer = ask_status(target, true);
    if (!answer.asked.status) return "";
    const auto& proxies = answer.asked.status->proxies;
    const auto serving = std::ranges::find(proxies, "serving", &Proxy::role);
    if (serving == proxies.end()) return "";
    const std::string after =
        serving->ready ? std::format(", ready after {}", span_text(*serving->ready - serving->started)) : "";
    return std::format("; process {} serves{}", serving->pid, after);
}

int change_one(const Target& target, Verb verb) {
    auto link = Link::connect(target);
    const auto answer = link ? link->call(method_for(verb), std::chrono::seconds{0})
                             : std::expected<Json, Failure>{std::unexpected(link.error())};
    if (answer) {
        say(std::format("{}: {}{}", target.shown(), done(verb), outcome(target, verb)));
        return kOk;
    }
    const Told failed = told(answer.error(), target, verb);
    failed.exit_status == kOk ? say(failed.line) : complain(failed.line);
    return failed.exit_status;
}

}  // namespace

std::string word_for(Verb verb) {
    switch (verb) {
        case Verb::status:
            return "status";
        case Verb::monitor:
            return "monitor";
        case Verb::restart:
            return "restart";
        case Verb::reload:
            return "reload";
        case Verb::stop:
            return "stop";
        case Verb::start:
            return "start";
        case Verb::explain:
            return "explain";
        case Verb::logs:
            return "logs";
        case Verb::config:
            return "config";
        case Verb::metrics:
            return "metrics";
    }
    return "";
}

std::string method_for(Verb verb) {
    switch (verb) {
        case Verb::status:
            return "GetStatus";
        case Verb::monitor:
            return "Monitor";
        case Verb::restart:
            return "Restart";
        case Verb::reload:
            return "Reload";
        case Verb::stop:
            return "Stop";
        case Verb::start:
            return "Start";
        case Verb::explain:
            return "Explain";
        case Verb::logs:
            return "";
        case Verb::config:
            return "GetConfig";
        case Verb::metrics:
            return "GetMetrics";
    }
    return "";
}

Told told(const Failure& failure, const Target& target, Verb verb) {
    const auto tell = [&target](int status, std::string text) {
        return Told{std::format("{}: {}", target.shown(), text), status};
    };
    const std::string ctl = std::format("supervisorctl {}", on(target));
    const std::string word = word_for(verb);
    if (failure.is(kProxyFailed)) {
        return tell(kFailed, std::format("the proxy does not serve: {}; see {}logs {}", failure.reason, ctl,
                                         target.name));
    }
    if (failure.is(kReloadFailed))
        return tell(kFailed, std::format("not reloaded, what held before holds on: {}", failure.reason));
    if (failure.is(kSuperseded))
        return tell(kFailed, std::format("overtaken: {}; see {}status {}", failure.reason, ctl, target.name));
    if (failure.is(kNotStopped)) return tell(kOk, "was not stopped, nothing to start");
    if (failure.is(kStopping)) {
        return tell(
            kFailed,
            std::format("the service is about to end; systemctl start {}.service once it has", target.name));
    }
    if (failure.is(SD_VARLINK_ERROR_PERMISSION_DENIED)) {
        return tell(kUnreachable,
                    std::format("not permitted: {} is for root and the service's own user; try sudo "
                                "{}{} {}",
                                word, ctl, word, target.name));
    }
    if (failure.id.empty() && failure.code == EACCES) {
        return tell(kUnreachable,
                    "cannot ask it: Permission denied; try again as root or as the service's own user");
    }
    if (failure.id.empty() && (failure.code == ENOENT || failure.code == ECONNREFUSED))
        return tell(kUnreachable, std::format("not running; systemctl start {}.service", target.name));
    if (failure.is(SD_VARLINK_ERROR_DISCONNECTED)) {
        return tell(kUnreachable,
                    std::format("the supervisor ended before it answered; see {}logs {}", ctl, target.name));
    }
    if (failure.is(SD_VARLINK_ERROR_METHOD_NOT_FOUND) || failure.is(SD_VARLINK_ERROR_INTERFACE_NOT_FOUND))
        return tell(kFailed, std::format("this supervisor is older and cannot {}", word));
    if (failure.id.empty()) return tell(kUnreachable, std::format("cannot ask it: {}", failure.reason));
    return tell(kFailed,
                failure.reason.empty() ? failure.id : std::format("{}: {}", failure.id, failure.reason));
}

int change(const Options& options) {
    const Found found = find(options);
    int worst = kOk;
    for (const Answer& other : found.others) {
        complain(line_for(other.asked));
        worst = kUnreachable;
    }
    // One after the other: what replaces every proxy at once would be an outage if all fail.
    for (const Target& target : found.targets)
        worst = worse(worst, change_one(target, options.verb));
    return worst;
}

}  // namespace rs::ctl
