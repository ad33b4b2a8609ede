#include "supervisor/audit_command.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <format>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "policy/asking.hpp"
#include "policy/seccomp.hpp"
#include "supervisor/audit/ask.hpp"
#include "supervisor/audit/filters.hpp"
#include "supervisor/audit/look.hpp"
#include "supervisor/audit/parse.hpp"
#include "supervisor/audit/print.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/file.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/sandbox.hpp"

namespace rs {
namespace {

constexpr std::array kShared{"mnt", "pid", "ipc", "uts", "cgroup", "time"};

int nothing_known(const std::string& name, const std::string& why) {
    spdlog::error("cannot audit the proxy of {}: {}", name, why);
    return to_int(ExitStatus::unreachable);
}

std::map<std::string, std::string> namespaces_of(pid_t pid) {
    std::map<std::string, std::string> all;
    if (pid <= 0) return all;
    for (const auto* kind : kShared) {
        if (auto found = audit::namespace_of(pid, kind); !found.empty()) all.emplace(kind, std::move(found));
    }
    return all;
}

// What the configuration says, and what the supervisor has, as the proxy should.
Result<audit::Promise> promise_of(const cli::Audit& command, const Config& config,
                                  const audit::Answer& answer) {
    const policy::Library library;
    auto policy = policy::assemble(library, wishes_of(config, library));
    if (!policy) return std::unexpected(policy.error());
    auto filter = policy::compile_filter(policy->syscalls);
    if (!filter) return std::unexpected(filter.error());
    const pid_t supervisor = answer.supervisor.pid();
    const auto facts = audit::look(answer.supervisor);
    if (!facts) return fail(std::format("the supervisor: {}", facts.error().message), facts.error().code);
    audit::Promise promise{.config_file = command.config_file,
                           .profile = policy->profile,
                           .capabilities = policy->capabilities,
                           .access = policy->access,
                           .landlock = config.policy.landlock != LandlockMode::off,
                           .filter = filter->instructions,
                           .asking = policy::asking(*filter).instructions,
                           .told = answer.told,
                           .supervisor = facts->main,
                           .namespaces = namespaces_of(supervisor),
                           .pause_namespaces = namespaces_of(answer.told.pause_pid),
                           .label = facts->label,
                           .environment = {}};
    if (auto environment = audit::read_environment(supervisor)) promise.environment = *std::move(environment);
    return promise;
}

// The process that the supervisor names, held, and certain to be its child: the number alone proves nothing.
Result<Process> proxy_of(const audit::Answer& answer) {
    const int pid = answer.told.proxy_pid;
    auto process = Process::open(pid);
    if (!process) return process;
    const auto status = read_small_file(std::format("/proc/{}/status", pid));
    if (!status) return fail_errno(std::format("process {}", pid), status.error().code);
    const auto seen = audit::parse_status(*status);
    if (!seen) return std::unexpected(seen.error());
    if (!process->alive()) return fail_errno(std::format("process {}", pid), ESRCH);
    if (seen->parent != answer.supervisor.pid()) {
        return fail(std::format("process {} is no child of supervisor {}", pid, answer.supervisor.pid()),
                    ECHILD);
    }
    return process;
}

void print(const audit::Report& report, cli::Audit::Json mode) {
    switch (mode) {
        case cli::Audit::Json::off:
            std::setlocale(LC_CTYPE, "");
            std::fputs(audit::text(report, audit::style_of_output()).c_str(), stdout);
            return;
        case cli::Audit::Json::brief:
            std::puts(audit::json(report).text().c_str());
            return;
        case cli::Audit::Json::pretty:
            std::fputs(audit::pretty(audit::json(report)).c_str(), stdout);
            return;
    }
}

}  // namespace

int audit_proxy(const cli::Audit& command, const Config& config) {
    const auto answer = audit::ask(std::format("/run/rootless-supervisor/{}/control", command.name));
    if (!answer) return nothing_known(command.name, answer.error().message);
    if (answer->told.proxy_pid == 0) {
        return nothing_known(command.name,
                             std::format("none runs, the service is in state {}", answer->told.state));
    }
    const auto process = proxy_of(*answer);
    if (!process) return nothing_known(command.name, process.error().message);
    const auto promise = promise_of(command, config, *answer);
    if (!promise) {
        spdlog::error("{}: {}", command.config_file, promise.error().message);
        return to_int(promise.error().code == ESRCH ? ExitStatus::unreachable : ExitStatus::config);
    }

    std::optional<audit::Filters> filters;
    std::string why_no_filters = "root sees what the kernel would answer";
    if (::geteuid() == 0) {
        if (auto dumped = audit::dump_filters(process->pid())) {
            filters = *std::move(dumped);
        } else {
            why_no_filters = "the kernel's filters are not to be had: " + dumped.error().message;
        }
    }
    // After the filters: this also sees to it that they were those of this very process.
    const auto facts = audit::look(*process);
    if (!facts) return nothing_known(command.name, facts.error().message);
    const auto report = audit::compare(command.name, *facts, *promise, filters, why_no_filters);
    print(report, command.json);
    return to_int(report.as_promised() ? ExitStatus::ok : ExitStatus::failure);
}

}  // namespace rs
