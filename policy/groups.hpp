// Groups of system calls under systemd's names (systemd.exec(5), SystemCallFilter=).
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace rs::policy {

struct Group {
    std::string_view name;     // "@network-io"
    std::string_view members;  // separated by single blanks; those that begin with @ are groups
};

std::span<const Group> groups();

// Null: there is none of that name.
const Group* find_group(std::string_view name);

// Everything in it, also by way of other groups: sorted, each once.
std::vector<std::string_view> calls_of(const Group& group);

}  // namespace rs::policy
