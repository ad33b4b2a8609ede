#include "supervisor/ctl/ask.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <format>
#include <future>

#include "supervisor/ctl/decode.hpp"
#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/instances.hpp"

namespace rs::ctl {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kTimeout = 10s;
constexpr std::chrono::seconds kTimeoutThere = 45s;  // ssh may have to ask for a password

std::string systemctl_start(const Target& target) {
    const std::string host = target.host.empty() ? "" : std::format("-H {} ", target.host);
    return std::format("systemctl {}start {}.service", host, target.name);
}

Answer without(const Target& target, std::string state, std::string reason, int exit_status) {
    return {.asked = {target.host, target.name, std::nullopt, std::move(state), std::move(reason)},
            .parameters = {},
            .exit_status = exit_status};
}

Answer not_running(const Target& target) {
    return without(target, "not running", std::format("to start it: {}", systemctl_start(target)), kNotReady);
}

Answer unknown(const Target& target) {
    return without(target, "unknown",
                   std::format("there is neither {}/{}/control nor {}/{}.toml", kRuntimeDirectory,
                               target.name, kConfigDirectory, target.name),
                   kUnreachable);
}

Answer unreachable(const Target& target, std::string reason) {
    return without(target, "unreachable", std::move(reason), kUnreachable);
}

Answer failed(const Target& target, bool configured, const Failure& failure) {
    const bool nobody = failure.id.empty() && (failure.code == ENOENT || failure.code == ECONNREFUSED);
    if (nobody) return configured ? not_running(target) : unknown(target);
    if (failure.code == ETIME || failure.code == ETIMEDOUT || failure.is(SD_VARLINK_ERROR_TIMEOUT))
        return unreachable(target, "the supervisor does not answer");
    if (failure.id.empty()) return unreachable(target, failure.reason);
    if (failure.is_unreachable()) return unreachable(target, "the supervisor ended the connection");
    return unreachable(target, std::format("the supervisor refuses: {}", failure.id));
}

// Of one host: which to ask, and what can be told without asking.
struct There {
    std::vector<std::pair<Target, bool>> running;  // and whether it is configured
    std::vector<Answer> others;
};

There look_on(const std::string& host, const std::vector<std::string>& names) {
    There there;
    const auto instances = instances_on(host);
    if (!instances) {
        const auto each_name = names.empty() ? std::vector<std::string>{""} : names;
        for (const std::string& name : each_name)
            there.others.push_back(unreachable({host, name}, instances.error().message));
        return there;
    }
    std::vector<Instance> wanted = names.empty() ? *instances : std::vector<Instance>{};
    for (const std::string& name : names) {
        const auto found = std::ranges::find(*instances, name, &Instance::name);
        wanted.push_back(found != instances->end() ? *found : Instance{.name = name});
    }
    for (const Instance& each : wanted) {
        const Target target{host, each.name};
        if (each.running) {
            there.running.emplace_back(target, each.configured);
        } else {
            there.others.push_back(each.configured ? not_running(target) : unknown(target));
        }
    }
    if (wanted.empty() && !host.empty())
        there.others.push_back(without({host, ""}, "none", "no service is configured there", kUnreachable));
    return there;
}

std::vector<Answer> ask_on(const std::string& host, const std::vector<std::string>& names) {
    There there = look_on(host, names);
    std::vector<Answer> answers = std::move(there.others);
    for (const auto& [target, configured] : there.running)
        answers.push_back(ask_status(target, configured));
    if (names.empty()) {
        std::ranges::sort(answers, {}, [](const Answer& answer) { return answer.asked.name; });
    } else {
        std::ranges::sort(answers, {}, [&names](const Answer& answer) {
            return std::ranges::find(names, answer.asked.name) - names.begin();
        });
    }
    return answers;
}

std::vector<std::string> hosts_of(const Options& options) {
    return options.hosts.empty() ? std::vector<std::string>{""} : options.hosts;
}

}  // namespace

Answer ask_status(const Target& target, bool configured) {
    auto link = Link::connect(target);
    if (!link) return failed(target, configured, link.error());
    auto parameters = link->call("GetStatus", target.host.empty() ? kTimeout : kTimeoutThere);
    if (!parameters) return failed(target, configured, parameters.error());
    auto status = decode_status(parameters->get());
    if (!status) return unreachable(target, status.error().message);
    const int exit_status = is_ready(status->state) ? kOk : kNotReady;
    return {.asked = {target.host, target.name, *std::move(status), {}, {}},
            .parameters = *std::move(parameters),
            .exit_status = exit_status};
}

std::vector<Answer> ask_status(const Options& options) {
    // A thread for each host: connecting to a host that is away takes its time. None shares anything.
    std::vector<std::future<std::vector<Answer>>> pending;
    for (const std::string& host : hosts_of(options))
        pending.push_back(std::async(std::launch::async, ask_on, host, options.names));
    std::vector<Answer> all;
    for (auto& each : pending)
        std::ranges::move(each.get(), std::back_inserter(all));
    return all;
}

Found find(const Options& options) {
    Found found;
    for (const std::string& host : hosts_of(options)) {
        There there = look_on(host, options.names);
        for (auto& [target, configured] : there.running)
            found.targets.push_back(std::move(target));
        std::ranges::move(there.others, std::back_inserter(found.others));
    }
    return found;
}

std::string line_for(const Asked& asked) {
    const Target target{asked.host, asked.name.empty() ? "supervisorctl" : asked.name};
    return std::format("{}: {}; {}", target.shown(), asked.state, asked.reason);
}

}  // namespace rs::ctl
