// Tells when to look again: something of Podman's came, went or changed.
//
// Sources, because no single one is enough (each says only "look", the look decides what is true):
//   - poll(2) with POLLPRI on /proc/PAUSE/mountinfo: every mount and unmount of the network namespace, which
//     happens in the pause process's mount namespace alone (proc_pid_mountinfo(5))
//   - the pause process's pidfd: the user namespace is about to change
//   - inotify(7) on the directories that lead to the pause pid file, to aardvark-dns's files, and to the
//   sockets
//     that lead to the user's systemd manager (user_units.hpp)
//   - poll(2) on our own mountinfo while the pause pid file is missing: at login the runtime directory
//   appears
//     by a mount, of which inotify says nothing
//
// Rule for the caller: arm() first, then look, so that what changes in between is not missed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/base/process.hpp"
#include "supervisor/podman/paths.hpp"

namespace rs {

class Watch {
  public:
    // Errors: inotify_init1(2), the limit on inotify instances.
    static Result<std::unique_ptr<Watch>> create(const PodmanPaths& paths);

    // Watches what is there now, and calls `changed` from the loop whenever it may have changed. Call it
    // again before each look; what cannot be watched (yet) is covered by a directory above it.
    Result<> arm(Loop& loop, const std::function<void()>& changed);

  private:
    Watch(PodmanPaths paths, UniqueFd inotify) : paths_(std::move(paths)), inotify_(std::move(inotify)) {}

    void watch_directory(const std::string& directory, std::vector<std::string> only, std::uint32_t also = 0);
    void watch_directories();
    Result<> follow_mounts(Loop& loop, pid_t pid, const std::function<void()>& changed);
    bool drain_inotify();

    PodmanPaths paths_;
    UniqueFd inotify_;
    std::map<int, std::vector<std::string>>
        only_;       // by watch: the names in that directory that matter; empty: all
    pid_t pid_ = 0;  // as last read; the process may be gone
    Process pause_;
    UniqueFd mountinfo_;
    Loop::Source on_inotify_, on_pause_end_, on_mountinfo_;
};

}  // namespace rs
