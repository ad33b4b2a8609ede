// Which sockets a proxy gets, and where new connections go.
#include <algorithm>
#include <csignal>
#include <utility>

#include "supervisor/app.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"

namespace rs {

bool App::in_use(int lane) const {
    return std::ranges::any_of(children_, [lane](const auto& each) { return each.second.lane == lane; });
}

// Where connections go already, if no proxy is there: a first one, or one that follows a crash. Otherwise the
// lane that the fewest drain in.
int App::free_lane() const {
    const Lanes& lanes = parts_.lanes;
    if (lanes.count() == 1 || !in_use(lanes.steered())) return lanes.steered();
    const auto users = [this, &lanes](int lane) {
        const auto uses = [lane](const auto& each) { return each.second.lane == lane; };
        return std::pair{lane == lanes.steered(), std::ranges::count_if(children_, uses)};
    };
    int best = 0;
    for (int lane = 1; lane < lanes.count(); ++lane) {
        if (users(lane) < users(best)) best = lane;
    }
    return best;
}

void App::steer(Result<> (Lanes::*what)(int lane), int lane) {
    if (auto steered = (parts_.lanes.*what)(lane); !steered) {
        // Clients would wait at sockets that nobody accepts from.
        spdlog::critical("{}; giving up", steered.error().message);
        parts_.loop.exit(to_int(ExitStatus::os_error));
    }
}

void App::perform(const effect::Steer& wanted) {
    const auto child = children_.find(wanted.proxy);
    if (child == children_.end()) return;
    steer(&Lanes::steer_connections, child->second.lane);
    // One that was stopped could not answer in the time that it has left for what waits at its sockets.
    for (const auto& old : machine_.draining)
        if (!old.asked) signal_proxy(old.slot.id, SIGCONT);
    watch_unused_lanes();
}

// Not as early as connections: as long as the old proxy is not asked to stop it can answer the datagrams of
// its own clients, and is told by them when they are done.
void App::steer_datagrams() {
    if (!machine_.serving) return;
    const auto child = children_.find(machine_.serving->id);
    if (child != children_.end()) steer(&Lanes::steer_datagrams, child->second.lane);
}

// Someone may still be on the way into a socket when new connections are steered away from it, or came before
// they were steered at all: whoever waits where no proxy is gets one.
void App::watch_unused_lanes() {
    unused_listeners_.clear();
    for (int lane = 0; lane < parts_.lanes.count(); ++lane) {
        if (in_use(lane)) continue;
        for (const int fd : parts_.lanes.listeners(lane)) {
            auto source = parts_.loop.on_readable(fd, [this] {
                unused_listeners_
                    .clear();  // once: a successor that fails must not be asked for again and again
                post(event::ConnectionsWait{});
            });
            if (!source) return spdlog::error("cannot watch a socket: {}", source.error().message);
            unused_listeners_.push_back(*std::move(source));
        }
    }
}

}  // namespace rs
