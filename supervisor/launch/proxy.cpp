#include "supervisor/launch/proxy.hpp"

#include <poll.h>
#include <sys/wait.h>

extern "C" {  // the header of glibc 2.41 forgets it
#include <sys/pidfd.h>
}

#include <csignal>
#include <utility>

namespace rs {

Result<std::unique_ptr<Proxy>> Proxy::start(Loop& loop, const CompiledLaunch& launch, Observer observer) {
    auto spawned = spawn(launch);
    if (!spawned) return std::unexpected(spawned.error());
    std::unique_ptr<Proxy> proxy{new Proxy{std::move(*spawned), std::move(observer)}};
    if (auto watched = proxy->watch(loop); !watched) {
        proxy->abandon();
        return std::unexpected(watched.error());
    }
    return proxy;
}

void Proxy::kill_all() const {
    [[maybe_unused]] const auto killed = signal(SIGKILL);
    // By the pidfd, which means this group also when the process is reaped and its number may be another's.
    // Before setsid(2) there is no such group.
    ::pidfd_send_signal(spawned_.process.fd(), SIGKILL, nullptr, PIDFD_SIGNAL_PROCESS_GROUP);
}

void Proxy::abandon() {
    on_status_.reset();
    on_end_.reset();
    kill_all();
    // pidfd_open(2): readable once the process has ended.
    pollfd ended{.fd = spawned_.process.fd(), .events = POLLIN, .revents = 0};
    ::poll(&ended, 1, static_cast<int>(kPatience.count()));
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(spawned_.process.fd()), &info, WEXITED | WNOHANG);
}

Result<> Proxy::watch(Loop& loop) {
    auto end = loop.on_end_of(spawned_.process, [this](ProcessEnd how) { reaped(how); }, observer_.stopped);
    if (!end) return std::unexpected(end.error());
    auto status = loop.on_readable(spawned_.status.get(), [this] { status_readable(); });
    if (!status) return std::unexpected(status.error());
    on_end_ = std::move(*end);
    on_status_ = std::move(*status);
    return {};
}

void Proxy::status_readable() {
    for (;;) {
        auto news = read_status(spawned_.status);
        switch (news.kind) {
            case ChildNews::Kind::none:
                return;
            case ChildNews::Kind::listening:
                if (observer_.listening) observer_.listening(std::move(news.listener));
                break;
            case ChildNews::Kind::not_listening:
                if (observer_.listening)
                    observer_.listening(fail(reason_of(news.failure.code), news.failure.code));
                break;
            case ChildNews::Kind::failed:
                on_status_.reset();
                failure_ = news.failure;
                return;
            case ChildNews::Kind::executed:
                on_status_.reset();
                observer_.executed();
                return;
        }
    }
}

// The end may be delivered before the status socket was looked at.
void Proxy::read_failure() {
    while (on_status_) {
        const auto news = read_status(spawned_.status);
        if (news.kind == ChildNews::Kind::failed) failure_ = news.failure;
        const bool about_listening =
            news.kind == ChildNews::Kind::listening || news.kind == ChildNews::Kind::not_listening;
        if (!about_listening) on_status_.reset();
    }
}

void Proxy::reaped(ProcessEnd end) {
    read_failure();
    const Observer observer = observer_;  // the call below may destroy this object
    if (failure_) {
        observer.failed(*failure_);
    } else {
        observer.ended(end);
    }
}

}  // namespace rs
