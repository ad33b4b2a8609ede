// Policies in words, for people. Each text is whole lines, ready to be printed.
#pragma once

#include <linux/filter.h>

#include <span>
#include <string>

#include "policy/library.hpp"
#include "policy/policy.hpp"
#include "supervisor/base/error.hpp"

namespace rs::policy {

// A line for each profile. Error: the first one that cannot be read.
Result<std::string> list_profiles(const Library& library);

// Everything that it says, calls by their answer and in systemd's groups, with counts.
std::string show(const Policy& policy, const std::string& description);

// What differs, a line each, from `before` to `after`; empty: nothing.
std::string difference(const Policy& before, const Policy& after);

// What a call is and how each profile answers it; `call` is a name or a number. Error: there is no such call,
// or a profile that cannot be read.
Result<std::string> explain(const Library& library, const std::string& call);

// A program instruction by instruction, with the names of calls and actions.
std::string pseudo_code(std::span<const sock_filter> program);

// "allow", or "allow if (argument 0 & 0x7e020080) == 0, else errno:EPERM".
std::string answer_text(const CallPolicy& call);

}  // namespace rs::policy
