// Seccomp profiles as containers have them: the JSON of containers-common (seccomp.json(5)), Docker, and the
// OCI runtime specification (config-linux.md, "Seccomp").
#pragma once

#include <expected>
#include <string_view>

#include "policy/names.hpp"
#include "policy/syscall_policy.hpp"
#include "supervisor/base/diagnostic.hpp"

namespace rs::policy {

// Conditions on capabilities are decided by `kept`, those on the architecture and the kernel by this machine.
// Errors: no JSON, a profile for other architectures, an action or a comparison that has no equivalent here,
// a call that is no system call. Never throws, whatever the text holds.
std::expected<SyscallPolicy, Diagnostic> parse_oci(std::string_view text, std::string_view file,
                                                   Capabilities kept);

}  // namespace rs::policy
