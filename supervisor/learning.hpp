// One lesson: the proxy under observation, from the request to the answer.
#pragma once

#include <chrono>
#include <string>

#include "policy/learn.hpp"
#include "supervisor/base/loop.hpp"

namespace rs {

struct Learning {
    enum class Phase {
        starting,   // the successor that is to be observed
        watching,   // until the timer ends it
        returning,  // to a proxy under its usual filter
    };

    policy::Lesson lesson;
    std::chrono::microseconds span;
    Phase phase = Phase::starting;
    bool awaited = true;  // by the client that asked for it
    Loop::Source timer{};
};

}  // namespace rs
