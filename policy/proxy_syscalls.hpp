// The system calls of Caddy, nginx, HAProxy and Traefik, with a margin for the ordinary tools that are run in
// the proxy's place (a shell, coreutils, curl, Python).
#pragma once

#include "policy/syscall_policy.hpp"

namespace rs::policy {

SyscallPolicy proxy_syscalls();

}  // namespace rs::policy
