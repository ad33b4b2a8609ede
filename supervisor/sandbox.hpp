// From the [policy] of a configuration to what the child is locked into.
#pragma once

#include <string>
#include <vector>

#include "policy/resolve.hpp"
#include "policy/sandbox.hpp"
#include "supervisor/base/error.hpp"
#include "supervisor/config/config.hpp"

namespace rs {

// What the configuration says, as the policy library takes it. The profile is chosen from the program's name
// where none is named: that of a profile, else "generic".
policy::Wishes wishes_of(const Config& config, const policy::Library& library);

struct Sandboxes {
    policy::Sandbox proxy;
    // The proxy's filter for one who listens, and what to answer then; empty where its profile does not allow
    // that.
    policy::SeccompProgram asking;
    policy::ResolvedPolicy resolved;
    // Health checks run tools of all kinds, so theirs is the generic profile, whatever the proxy's is.
    policy::Sandbox probe;
};

// Errors: one line, of [policy] or of the profile's file with its place.
Result<Sandboxes> make_sandboxes(const Config& config);

// For `exec`: the configuration's policy, but the generic profile unless one is named, and files only as that
// one restricts them.
Result<policy::Sandbox> make_exec_sandbox(const Config& config, const std::string& program);

// What of [policy] can be wrong apart from paths, which only the unit's own sandbox shows: the profile, the
// filter. Returns the warnings, each one line.
Result<std::vector<std::string>> check_policy(const Config& config);

}  // namespace rs
