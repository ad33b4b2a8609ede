// What supervisorctl's exit status says: supervisorctl(1), after LSB's init scripts and systemctl(1).
#pragma once

#include <algorithm>

namespace rs::ctl {

inline constexpr int kOk = 0;           // all are ready; the verb has done its work
inline constexpr int kFailed = 1;       // a verb, or a check of explain, failed
inline constexpr int kUsage = 2;        // wrong arguments
inline constexpr int kNotReady = 3;     // reached, but not ready; or configured and not running
inline constexpr int kUnreachable = 4;  // no such service, no answer, or not permitted

// Of several, the one that says most.
constexpr int worse(int one, int other) {
    return std::max(one, other);
}

}  // namespace rs::ctl
