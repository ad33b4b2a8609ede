// What a process may reach beyond its system calls: plain data for Landlock (landlock(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rs::policy {

struct Path {
    std::string text;  // absolute, may begin with ${VARIABLE}
    bool required;     // it is an error when it is not there; else it is left out
    bool operator==(const Path&) const = default;
};

using Paths = std::optional<std::vector<Path>>;
using Ports = std::optional<std::vector<std::uint16_t>>;

// A list that is not there leaves its kind of access to others (modes, the unit's sandbox); a list that is
// there, even an empty one, refuses what is not on it.
struct Access {
    Paths read{};     // files, and what is in directories
    Paths write{};    // read too; make, rename and remove what is below
    Paths execute{};  // read too
    Ports tcp_bind{};
    Ports tcp_connect{};
    // No signals to, and no abstract Unix sockets of, processes outside of the sandbox.
    bool scope_signals = false;
    bool scope_abstract_sockets = false;
    bool operator==(const Access&) const = default;

    [[nodiscard]] bool restricts() const {
        return read || write || execute || tcp_bind || tcp_connect || scope_signals || scope_abstract_sockets;
    }
};

}  // namespace rs::policy
