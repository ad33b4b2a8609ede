// Landlock rule sets (landlock(7)), made before the fork: the child only has to call
// landlock_restrict_self(2).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/access.hpp"
#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"

namespace rs::policy {

enum class Landlock : unsigned char {
    enforce,      // what this kernel cannot restrict is an error
    best_effort,  // … is left unrestricted, with a line about it
    off,
};

// The kernel's version of Landlock's interface; 0: it has none, or it may not be used here (the kernel's boot
// parameters, or the sandbox that we run in ourselves).
int landlock_abi();

// Null for a variable that is not set, as getenv(3).
using Variables = std::function<const char*(const char* name)>;

// A path of a policy with its ${VARIABLE} replaced. Nothing: the variable is not set to an absolute path.
std::optional<std::string> expanded(const std::string& path, const Variables& variables);

struct Ruleset {
    UniqueFd fd;                        // none: nothing to restrict
    std::vector<std::string> warnings;  // each one line
};

// Opens every path now; ${VARIABLE} is taken from the environment, and a path whose variable is not set is as
// good as not there. Errors: a required path that cannot be opened; with `enforce`, a kernel that is too old.
Result<Ruleset> make_ruleset(const Access& access, Landlock mode, int abi = landlock_abi());

}  // namespace rs::policy
