// A state machine with a clock of its own, for its tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "supervisor/service/machine.hpp"

namespace rs::machine_test {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ProcessEnd kExitedWell{.by_signal = false, .value = 0};
constexpr ProcessEnd kCrashed{.by_signal = true, .value = SIGSEGV};

// A machine with a clock of its own; remembers the effects of the last event.
struct Driver {
    Machine machine;
    TimePoint now{};
    std::vector<Effect> effects;

    Driver() {
        machine.settings = {.stop_signal = SIGTERM,
                            .restart_limit = 3,
                            .start_timeout = 60s,
                            .stop_timeout = 10s,
                            .drain_timeout = 30s};
    }

    Driver& operator<<(const Event& event) {
        now += 1s;
        auto [next, produced] = step(machine, event, now);
        machine = std::move(next);
        effects = std::move(produced);
        return *this;
    }

    template <class T>
    [[nodiscard]] const T* effect() const {
        for (const auto& each : effects) {
            if (const T* found = std::get_if<T>(&each)) return found;
        }
        return nullptr;
    }

    [[nodiscard]] std::vector<ProxyId> launched() const { return ids<effect::Launch>(); }
    [[nodiscard]] std::vector<ProxyId> asked_to_stop() const { return ids<effect::AskToStop>(); }
    [[nodiscard]] std::vector<ProxyId> killed() const { return ids<effect::Kill>(); }

    [[nodiscard]] int exit_status() const {
        const auto* exit = effect<effect::Exit>();
        return exit != nullptr ? exit->status : -1;
    }

  private:
    template <class T>
    [[nodiscard]] std::vector<ProxyId> ids() const {
        std::vector<ProxyId> found;
        for (const auto& each : effects) {
            if (const T* wanted = std::get_if<T>(&each)) found.push_back(wanted->proxy);
        }
        return found;
    }
};

inline Event settled(ProxyId proxy) {
    return event::TimerFired{{Timer::Kind::settle, proxy}};
}

inline Driver starting() {
    Driver driver;
    driver << event::Begin{} << event::NetworkFound{1};
    return driver;
}

inline Driver running() {
    Driver driver = starting();
    driver << event::ProxyReady{1} << settled(1);
    return driver;
}

inline Driver replacing() {
    Driver driver = running();
    driver << event::NetworkFound{2};
    return driver;
}

}  // namespace rs::machine_test
