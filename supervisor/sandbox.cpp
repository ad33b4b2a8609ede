#include "supervisor/sandbox.hpp"

#include <filesystem>
#include <format>
#include <utility>

#include "policy/asking.hpp"

namespace rs {
namespace {

constexpr const char* kGeneric = "generic";

policy::Paths required(const std::optional<std::vector<std::string>>& paths) {
    if (!paths) return std::nullopt;
    policy::Paths all{std::in_place};
    for (const auto& path : *paths)
        all->push_back({path, true});
    return all;
}

policy::Landlock mode_of(LandlockMode mode) {
    switch (mode) {
        case LandlockMode::enforce:
            return policy::Landlock::enforce;
        case LandlockMode::best_effort:
            return policy::Landlock::best_effort;
        case LandlockMode::off:
            return policy::Landlock::off;
    }
    return policy::Landlock::enforce;
}

// What is to be executed may be, wherever it lies.
void let_execute(policy::Access& access, const std::string& program) {
    if (access.execute) access.execute->push_back({program, false});
}

}  // namespace

policy::Wishes wishes_of(const Config& config, const policy::Library& library) {
    const PolicyConfig& wanted = config.policy;
    std::string profile = wanted.profile;
    if (profile.empty() && !config.proxy.command.empty()) {
        const auto program = std::filesystem::path{config.proxy.command.front()}.filename().string();
        if (library.has(program)) profile = program;
    }
    return {.profile = profile.empty() ? kGeneric : profile,
            .allow = wanted.allow,
            .deny = wanted.deny,
            .capabilities = wanted.capabilities,
            .access = {.read = required(wanted.read),
                       .write = required(wanted.write),
                       .execute = required(wanted.execute),
                       .tcp_bind = wanted.tcp_bind,
                       .tcp_connect = wanted.tcp_connect}};
}

Result<Sandboxes> make_sandboxes(const Config& config) {
    const policy::Library library;
    auto policy = policy::assemble(library, wishes_of(config, library));
    if (!policy) return std::unexpected(policy.error());
    let_execute(policy->access, config.proxy.command.front());
    auto proxy = policy::make_sandbox(*std::move(policy), mode_of(config.policy.landlock));
    if (!proxy) return std::unexpected(proxy.error());

    auto resolved = policy::resolve(proxy->policy.syscalls);
    if (!resolved) return std::unexpected(resolved.error());
    policy::SeccompProgram asking;
    if (policy::can_hand_over(*resolved)) {
        asking = policy::asking(proxy->filter);
    } else {
        proxy->warnings.push_back(std::format(
            "policy profile '{}' does not allow sendmsg: what the proxy is refused will not be told",
            proxy->policy.profile));
    }

    auto generic = policy::assemble(library, {.profile = kGeneric, .allow = {}, .deny = {}, .access = {}});
    if (!generic) return std::unexpected(generic.error());
    auto probe = policy::make_sandbox(*std::move(generic), mode_of(config.policy.landlock));
    if (!probe) return std::unexpected(probe.error());
    return Sandboxes{*std::move(proxy), std::move(asking), *std::move(resolved), *std::move(probe)};
}

Result<policy::Sandbox> make_exec_sandbox(const Config& config, const std::string& program) {
    const policy::Library library;
    auto wishes = wishes_of(config, library);
    if (config.policy.profile.empty()) {
        wishes.profile = kGeneric;
        wishes.access = {};
    }
    auto policy = policy::assemble(library, wishes);
    if (!policy) return std::unexpected(policy.error());
    let_execute(policy->access, program);
    return policy::make_sandbox(*std::move(policy), mode_of(config.policy.landlock));
}

Result<std::vector<std::string>> check_policy(const Config& config) {
    const policy::Library library;
    const auto policy = policy::assemble(library, wishes_of(config, library));
    if (!policy) return std::unexpected(policy.error());
    const auto filter = policy::compile_filter(policy->syscalls);
    if (!filter) return std::unexpected(filter.error());
    return policy->warnings;
}

}  // namespace rs
