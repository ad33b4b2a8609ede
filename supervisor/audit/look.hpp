// Reads a live process.
#pragma once

#include <map>
#include <string>

#include "supervisor/audit/facts.hpp"
#include "supervisor/base/error.hpp"
#include "supervisor/base/process.hpp"

namespace rs::audit {

// Everything but its filters (filters.hpp). `process` is held meanwhile: what was read is its and no other's,
// or it is an error. Errors: it has ended; its status cannot be read. What else cannot be read stands in
// Facts::unread.
Result<Facts> look(const Process& process);

// Its descriptors, with listening sockets described as far as pidfd_getfd(2) gets hold of them.
std::vector<Descriptor> read_descriptors(const Process& process, std::vector<std::string>& unread);

// Error: the reason. What a process was started with; it may have changed it since.
Result<std::map<std::string, std::string>> read_environment(pid_t pid);

// "net:[4026532312]"; empty: it cannot be read.
std::string namespace_of(pid_t pid, const std::string& kind);

}  // namespace rs::audit
