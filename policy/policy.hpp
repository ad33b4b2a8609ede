// The whole of what a process may do, decided: what an audit holds against the live process, what is shown to
// people, and what the sandbox is made from.
#pragma once

#include <string>
#include <vector>

#include "policy/access.hpp"
#include "policy/library.hpp"
#include "policy/names.hpp"
#include "policy/syscall_policy.hpp"
#include "supervisor/base/error.hpp"

namespace rs::policy {

// What a user's configuration says on top of a profile.
struct Wishes {
    std::string
        profile;  // a name, or the absolute path of a profile: TOML, or OCI's JSON if it ends in .json
    std::vector<std::string> allow{};  // calls and @groups
    std::vector<std::string> deny{};
    Capabilities capabilities = 0;
    Access access{};  // added to the profile's
};

struct Policy {
    std::string profile;
    SyscallPolicy syscalls;         // only calls that this machine has
    Capabilities capabilities = 0;  // kept in the user namespace that is entered
    Access access;
    std::vector<std::string> warnings;  // for the journal, each one line
};

// Error: one line. Of a profile's file with its place.
//
// A group in `allow` leaves alone what the profile answers in its own words (a kill, an errno, a look at the
// arguments); a call by its own name is taken at its word. `deny` goes last. Calls without which the launcher
// could not even execute the program cannot be denied.
Result<Policy> assemble(const Library& library, const Wishes& wishes);

}  // namespace rs::policy
