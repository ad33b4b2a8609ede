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

// Where several entries hold for the same arguments the strictest counts, as the kernel has it among filters
// (seccomp(2)); containers-common's own profile relies on it for setns and socket. SCMP_CMP_NE and every
// combination is taken as far as rules by "equal" can say the same. Error: in words, with the call's name.
std::expected<std::map<std::string, CallPolicy>, std::string> combine(const OciEntries& entries,
                                                                      Action otherwise);

}  // namespace rs::policy
