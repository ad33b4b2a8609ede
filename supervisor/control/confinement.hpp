// What binds a live process, as the kernel tells it (proc_pid_status(5)).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "supervisor/control/status.hpp"

namespace rs::control {

// Of a /proc/PID/status: NoNewPrivs, CapEff and Seccomp_filters. The profile and Landlock are not the
// kernel's to tell.
Policy parse_confinement(std::string_view status);

// Nothing when the process is gone.
std::optional<Policy> confinement_of(pid_t pid);

}  // namespace rs::control
