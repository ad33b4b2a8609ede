// A proxy, the network it was started in, and what is known of it beyond what the state machine goes by.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "supervisor/base/file.hpp"
#include "supervisor/health/prober.hpp"
#include "supervisor/launch/listener.hpp"
#include "supervisor/launch/proxy.hpp"
#include "supervisor/learning.hpp"
#include "supervisor/refusals.hpp"
#include "supervisor/runtime.hpp"
#include "supervisor/service/machine.hpp"

namespace rs {

struct Child {
    using Time = std::chrono::system_clock::time_point;

    std::unique_ptr<Proxy> proxy;
    std::shared_ptr<const Network> network;
    int lane = 0;
    FileStamp program;  // as it was when it was started
    std::string profile;
    bool landlock = false;
    Refusals refusals;
    std::shared_ptr<Learning> learning;  // null: it is not observed
    std::unique_ptr<Listener> listener;  // null: it is refused in silence
    std::unique_ptr<Prober> prober;
    Cause cause{};
    Time started;
    std::optional<Time> ready{};      // when it took over
    std::optional<Time> last_ping{};  // WATCHDOG=1
    std::string last_failure{};       // of a health check
};

}  // namespace rs
