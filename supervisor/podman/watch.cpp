#include "supervisor/podman/watch.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <format>
#include <string_view>
#include <utility>

#include "supervisor/podman/discover.hpp"

namespace rs {
namespace {

constexpr std::uint32_t kDirectoryEvents = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE |
                                           IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// Not worth a look although it lies in a directory of which everything else is.
constexpr std::string_view kAardvarkPid = "aardvark.pid";

}  // namespace

Result<std::unique_ptr<Watch>> Watch::create(const PodmanPaths& paths) {
    UniqueFd inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (!inotify) return fail_errno("cannot create an inotify instance", errno);
    return std::unique_ptr<Watch>{new Watch{paths, std::move(inotify)}};
}

Result<> Watch::arm(Loop& loop, const std::function<void()>& changed) {
    if (!on_inotify_) {
        auto source = loop.on_readable(inotify_.get(), [this, changed] {
            if (drain_inotify()) changed();
        });
        if (!source) return std::unexpected(source.error());
        on_inotify_ = std::move(*source);
    }
    watch_directories();
    return watch_pause_process(loop, changed);
}

// inotify_add_watch(2) on a directory that is watched already just returns the same watch.
void Watch::watch_directory(const std::string& directory, const std::string& only) {
    const int watch = ::inotify_add_watch(inotify_.get(), directory.c_str(), kDirectoryEvents);
    if (watch >= 0) only_[watch] = only;
}

void Watch::watch_directories() {
    const Place& runtime = paths_.runtime_dir;
    const auto parent = runtime.reached.substr(0, runtime.reached.rfind('/'));
    watch_directory(parent + "/", runtime.shown.substr(runtime.shown.rfind('/') + 1));
    watch_directory(runtime.reached, "libpod");
    watch_directory(runtime.reached + "/libpod", "tmp");
    watch_directory(runtime.reached + "/libpod/tmp", "pause.pid");
    if (!pause_) return;

    // The runroot as the pause process sees it; from outside it may be hidden.
    const std::string root = std::format("/proc/{}/root", pause_.pid());
    watch_directory(root + paths_.runroot, "networks");
    watch_directory(root + paths_.runroot + "/networks", "aardvark-dns");
    watch_directory(root + paths_.aardvark_dir(), "");
}

Result<> Watch::watch_pause_process(Loop& loop, const std::function<void()>& changed) {
    const auto pid = read_pause_pid(paths_.pause_pid());
    if (pid && pause_ && *pid == pause_.pid() && pause_.alive()) return {};

    on_pause_end_.reset();
    on_mountinfo_.reset();
    pause_ = {};
    if (pid) {
        auto process = Process::open(*pid);
        if (process) pause_ = std::move(*process);
    }
    const std::string mountinfo = pause_ ? std::format("/proc/{}/mountinfo", pause_.pid()) : "/proc/self/mountinfo";
    mountinfo_.reset(::open(mountinfo.c_str(), O_RDONLY | O_CLOEXEC));
    if (mountinfo_) {
        auto source = loop.on_readable(mountinfo_.get(), changed, EPOLLPRI);
        if (!source) return std::unexpected(source.error());
        on_mountinfo_ = std::move(*source);
    }
    if (!pause_) return {};

    watch_directories();
    auto source = loop.on_readable(pause_.fd(), [this, changed] {
        on_pause_end_.reset();  // a pidfd stays readable
        changed();
    });
    if (!source) return std::unexpected(source.error());
    on_pause_end_ = std::move(*source);
    return {};
}

// True if anything happened that matters: to a name that does, or to the watch itself (inotify(7): IN_IGNORED,
// IN_UNMOUNT, IN_Q_OVERFLOW, and IN_*_SELF come without a name).
bool Watch::drain_inotify() {
    bool matters = false;
    alignas(inotify_event) std::array<char, 16384> buffer;
    for (;;) {
        const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
        if (got <= 0) return matters;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const std::string_view name = event.len > 0 ? buffer.data() + at + sizeof event : "";
            at += sizeof event + event.len;

            const auto found = only_.find(event.wd);
            const std::string_view only = found != only_.end() ? std::string_view{found->second} : "";
            matters |= name.empty() || (only.empty() ? name != kAardvarkPid : name == only);
            if ((event.mask & IN_IGNORED) != 0) only_.erase(event.wd);
        }
    }
}

}  // namespace rs
