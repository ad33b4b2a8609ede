// From the entries of an OCI profile to one answer for each call.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "policy/syscall_policy.hpp"

namespace rs::policy {

struct OciCondition {
    Condition condition{};
    bool differs = false;  // SCMP_CMP_NE: holds when the argument is not the value
};

struct OciEntry {
    Action action{};
    std::vector<OciCondition> conditions;  // all must hold; none: whatever the arguments are
};

// Everything that the profile says about each call, in its order.
using OciEntries = std::map<std::string, std::vector<OciEntry>>;

// libseccomp's "not equal" is taken only where it says the same as an exception by "equal": several entries
// with one such condition each, all with the same action, hold for everything but the one case in which all
// their values are met. Of two answers whatever the arguments are, as containers-common's own profile has
// them for setns, the stricter one counts. Error: in words, with the call's name.
std::expected<std::map<std::string, CallPolicy>, std::string> combine(const OciEntries& entries,
                                                                      Action otherwise);

}  // namespace rs::policy
