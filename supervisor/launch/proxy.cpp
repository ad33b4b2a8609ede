#include "supervisor/launch/proxy.hpp"

#include <sys/wait.h>

#include <csignal>
#include <utility>

namespace rs {

Result<std::unique_ptr<Proxy>> Proxy::start(Loop& loop, const CompiledLaunch& launch, Observer observer) {
    auto spawned = spawn(launch);
    if (!spawned) return std::unexpected(spawned.error());
    std::unique_ptr<Proxy> proxy{new Proxy{std::move(*spawned), std::move(observer)}};
    if (auto watched = proxy->watch(loop); !watched) {
        [[maybe_unused]] const auto killed = proxy->signal(SIGKILL);
        siginfo_t info{};
        ::waitid(P_PIDFD, static_cast<id_t>(proxy->spawned_.process.fd()), &info, WEXITED);
        return std::unexpected(watched.error());
    }
    return proxy;
}

Result<> Proxy::watch(Loop& loop) {
    auto end = loop.on_end_of(spawned_.process, [this](ProcessEnd how) { reaped(how); });
    if (!end) return std::unexpected(end.error());
    auto status = loop.on_readable(spawned_.status.get(), [this] { status_readable(); });
    if (!status) return std::unexpected(status.error());
    on_end_ = std::move(*end);
    on_status_ = std::move(*status);
    return {};
}

void Proxy::status_readable() {
    on_status_.reset();
    failure_ = read_status(spawned_.status);
    if (!failure_) observer_.executed();
}

void Proxy::reaped(ProcessEnd end) {
    // The end may be delivered before the status pipe was looked at.
    if (on_status_) failure_ = read_status(spawned_.status);
    on_status_.reset();
    const Observer observer = observer_;  // the call below may destroy this object
    if (failure_) {
        observer.failed(*failure_);
    } else {
        observer.ended(end);
    }
}

}  // namespace rs
