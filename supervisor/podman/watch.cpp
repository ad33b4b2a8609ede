#include "supervisor/podman/watch.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
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

constexpr std::uint32_t kDirectoryEvents = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
                                           IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// systemd creates a socket, listens on it, and then touches it for those who wait for it this way: only from
// then on connecting does not fail (systemd, src/core/dbus.c, bus_init_private; src/shared/socket-label.c).
constexpr std::uint32_t kSocketTouched = IN_ATTRIB;

// Not worth a look although it lies in a directory of which everything else is.
constexpr std::string_view kAardvarkPid = "aardvark.pid";

constexpr pid_t kNoProcess = -1;  // no process has this number: pidfd_open(2) refuses it

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
    // The mount tables before the directories: what is mounted in between lies over a directory whose watch
    // then stays silent. And both again if Podman has named another pause process meanwhile.
    for (;;) {
        const pid_t pid = read_pause_pid(paths_.pause_pid()).value_or(kNoProcess);
        if (auto followed = follow_mounts(loop, pid, changed); !followed) return followed;
        watch_directories();
        if (read_pause_pid(paths_.pause_pid()).value_or(kNoProcess) == pid) return {};
    }
}

// inotify_add_watch(2) on a directory that is watched already just returns the same watch.
void Watch::watch_directory(const std::string& directory, std::vector<std::string> only, std::uint32_t also) {
    const int watch = ::inotify_add_watch(inotify_.get(), directory.c_str(), kDirectoryEvents | also);
    if (watch >= 0) only_[watch] = std::move(only);
}

void Watch::watch_directories() {
    const Place& runtime = paths_.runtime_dir;
    const auto parent = runtime.reached.substr(0, runtime.reached.rfind('/'));
    watch_directory(parent + "/", {runtime.shown.substr(runtime.shown.rfind('/') + 1)});
    watch_directory(runtime.reached, {"libpod", "systemd", "bus"}, kSocketTouched);
    watch_directory(runtime.reached + "/systemd", {"private"}, kSocketTouched);
    watch_directory(runtime.reached + "/libpod", {"tmp"});
    watch_directory(runtime.reached + "/libpod/tmp", {"pause.pid"});
    if (!pause_) return;

    // The runroot as the pause process sees it; from outside it may be hidden.
    const std::string root = std::format("/proc/{}/root", pause_.pid());
    watch_directory(root + paths_.runroot, {"networks"});
    watch_directory(root + paths_.runroot + "/networks", {"aardvark-dns"});
    watch_directory(root + paths_.aardvark_dir(), {});
}

// The pause process's mounts and its end; our own mounts while there is no such process.
Result<> Watch::follow_mounts(Loop& loop, pid_t pid, const std::function<void()>& changed) {
    const bool same = pid == pid_ && (pid == kNoProcess || pause_.alive());
    if (same && on_mountinfo_) return {};

    on_pause_end_.reset();
    on_mountinfo_.reset();
    pause_ = {};
    pid_ = pid;
    if (auto process = Process::open(pid)) pause_ = *std::move(process);
    const std::string mountinfo = pause_ ? std::format("/proc/{}/mountinfo", pid) : "/proc/self/mountinfo";
    mountinfo_.reset(::open(mountinfo.c_str(), O_RDONLY | O_CLOEXEC));
    if (mountinfo_) {
        auto source = loop.on_readable(mountinfo_.get(), changed, EPOLLPRI);
        if (!source) return std::unexpected(source.error());
        on_mountinfo_ = *std::move(source);
    }
    if (!pause_) return {};

    auto source = loop.on_readable(pause_.fd(), [this, changed] {
        on_pause_end_.reset();  // a pidfd stays readable
        changed();
    });
    if (!source) return std::unexpected(source.error());
    on_pause_end_ = *std::move(source);
    return {};
}

// True if anything happened that matters: to a name that does, or to the watch itself (inotify(7):
// IN_IGNORED, IN_UNMOUNT, IN_Q_OVERFLOW, and IN_*_SELF come without a name).
bool Watch::drain_inotify() {
    bool matters = false;
    alignas(inotify_event) std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
        if (got <= 0) return matters;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const std::string_view name = event.len > 0 ? buffer.data() + at + sizeof event : "";
            at += sizeof event + event.len;

            const auto found = only_.find(event.wd);
            const bool all = found == only_.end() || found->second.empty();
            matters |=
                name.empty() || (all ? name != kAardvarkPid : std::ranges::contains(found->second, name));
            if ((event.mask & IN_IGNORED) != 0) only_.erase(event.wd);
        }
    }
}

}  // namespace rs
