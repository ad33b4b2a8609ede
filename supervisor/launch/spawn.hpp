// Fork, and learn how the child's way to exec went.
#pragma once

#include "supervisor/base/error.hpp"
#include "supervisor/base/process.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/launch/stage.hpp"

namespace rs {

struct Spawned {
    Process process;
    UniqueFd status;  // readable whenever read_status() has news
};

// Errors: fork(2), socketpair(2), pidfd_open(2).
Result<Spawned> spawn(const CompiledLaunch& launch);

struct ChildNews {
    enum class Kind { none, listening, not_listening, failed, executed } kind;
    ChildFailure failure{};  // of `failed`; of `not_listening` the code
    UniqueFd listener{};     // of `listening`
};

// The next of them, without waiting: at most one about listening, and then how it ended.
ChildNews read_status(const UniqueFd& status);

}  // namespace rs
