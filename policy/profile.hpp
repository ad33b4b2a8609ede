// A profile as its author wrote it: what it includes, and in which order it says what about which calls.
//
// The format is for people and described in rootless-supervisor.toml(5), "Policy profiles".
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/access.hpp"
#include "policy/syscall_policy.hpp"
#include "supervisor/base/diagnostic.hpp"

namespace rs::policy {

// Of several lists that name a call the last one counts; lists with conditions for the same call add up until
// one without any comes. A call that has conditions and meets none of them gets the profile's default.
struct CallList {
    std::vector<std::string> names;  // calls and @groups, all known
    Action action;
    std::vector<ArgumentRule> when;  // one of them must hold; empty: whatever the arguments are
};

struct Include {
    std::string name;
    unsigned line;
    unsigned column;
};

struct Profile {
    std::string name;
    std::string description;
    std::vector<Include> include;
    std::optional<Action> otherwise;
    std::string newest;  // empty: that of the included ones
    std::vector<CallList> lists;
    Access access;
};

// `file` is for messages only. Never throws, whatever the text holds.
std::expected<Profile, Diagnostic> parse_profile(std::string_view text, std::string_view file);

// "allow", "log", "kill", "errno:EPERM". Error: in words.
std::expected<Action, std::string> action_of(std::string_view text);
std::string action_text(Action action);

}  // namespace rs::policy
