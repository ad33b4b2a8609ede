// A profile together with all that it includes.
#pragma once

#include <string>
#include <vector>

#include "policy/library.hpp"
#include "policy/policy.hpp"

namespace rs::policy {

// Each profile counts once, where it is included first, and before the one that includes it. Errors: an
// unknown or circular include, no default anywhere.
Result<Policy> flatten(const Library& library, const Profile& profile);

// Both lists; what neither has stays without one.
void add_access(Access& access, const Access& more);

}  // namespace rs::policy
