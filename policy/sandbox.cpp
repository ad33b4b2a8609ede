#include "policy/sandbox.hpp"

#include <utility>

namespace rs::policy {

Result<Sandbox> make_sandbox(Policy policy, Landlock mode) {
    auto filter = compile_filter(policy.syscalls);
    if (!filter) return std::unexpected(filter.error());
    auto ruleset = make_ruleset(policy.access, mode);
    if (!ruleset) return std::unexpected(ruleset.error());
    Sandbox sandbox{.policy = std::move(policy),
                    .filter = *std::move(filter),
                    .ruleset = std::move(ruleset->fd),
                    .capabilities = 0,
                    .warnings = {}};
    sandbox.capabilities = sandbox.policy.capabilities;
    sandbox.warnings = sandbox.policy.warnings;
    for (auto& warning : ruleset->warnings)
        sandbox.warnings.push_back(std::move(warning));
    return sandbox;
}

}  // namespace rs::policy
