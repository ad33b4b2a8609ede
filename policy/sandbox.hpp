// A policy made ready for the child: nothing is left to do after the fork but to hand these to the kernel.
#pragma once

#include <string>
#include <vector>

#include "policy/landlock.hpp"
#include "policy/policy.hpp"
#include "policy/seccomp.hpp"
#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"

namespace rs::policy {

struct Sandbox {
    Policy policy;  // what the rest was made from
    SeccompProgram filter;
    UniqueFd ruleset;  // Landlock's; none: nothing to restrict
    Capabilities capabilities = 0;
    std::vector<std::string> warnings;  // the policy's and Landlock's, each one line
};

// Errors: those of compile_filter() and make_ruleset().
Result<Sandbox> make_sandbox(Policy policy, Landlock mode);

}  // namespace rs::policy
