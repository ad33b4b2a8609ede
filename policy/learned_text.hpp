// A learned profile as TOML.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "policy/access.hpp"
#include "policy/syscall_policy.hpp"

namespace rs::policy {

struct Learned {
    using Calls =
        std::map<std::string, std::set<std::uint64_t>>;  // with the arguments that were seen, if they matter

    std::string heading;  // a comment for people
    std::string of;       // the profile that held
    std::set<std::string> base;
    Calls used;
    Calls new_ones;  // used, and refused by that profile
};

// Calls that `current` kills for, or pretends not to have, are answered alike.
std::string learned_text(const Learned& learned, const SyscallPolicy& current, const Access& access);

}  // namespace rs::policy
