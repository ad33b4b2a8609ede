// The files of /proc/PID, as text. What they lack keeps its default: the caller compares it with something.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/audit/facts.hpp"
#include "supervisor/base/error.hpp"

namespace rs::audit {

// proc_pid_status(5). Error: no process's status, or a kernel that does not tell of capabilities.
Result<Confinement> parse_status(std::string_view text);

// proc_pid_mountinfo(5), octal escapes undone. Lines of another shape are left out.
std::vector<Mount> parse_mountinfo(std::string_view text);

// mnt_id of proc_pid_fdinfo(5); -1 without one.
int parse_mount_id(std::string_view fdinfo);

// user_namespaces(7): "0 1000 1; 1 100000 65536".
std::string parse_id_map(std::string_view text);

}  // namespace rs::audit
