#include "supervisor/base/process_end.hpp"

#include <cstring>
#include <format>

namespace rs {

std::string ProcessEnd::text() const {
    if (!by_signal) return std::format("exited with status {}", value);
    const char* name = ::sigabbrev_np(value);
    if (name == nullptr) return std::format("was killed by signal {}", value);
    return std::format("was killed by SIG{}", name);
}

}  // namespace rs
