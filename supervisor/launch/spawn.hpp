// Fork, and learn how the child's way to exec went.
#pragma once

#include <optional>

#include "supervisor/base/error.hpp"
#include "supervisor/base/process.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/launch/stage.hpp"

namespace rs {

struct Spawned {
    Process process;
    UniqueFd status;  // readable once the child has executed the program (end of file) or failed to
};

// Errors: fork(2), pipe2(2), pidfd_open(2).
Result<Spawned> spawn(const CompiledLaunch& launch);

// Call when `status` is readable. Nothing: the program was executed.
std::optional<ChildFailure> read_status(const UniqueFd& status);

}  // namespace rs
