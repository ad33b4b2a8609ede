// Where a user's rootless Podman (5.0 or later) keeps what we read; podman-system-service(1),
// containers.conf(5).
#pragma once

#include <sys/types.h>

#include <string>

#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"

namespace rs {

// A path as people know it, and as this process reaches it.
//
// The two differ inside a unit with ProtectHome=yes, which hides /run/user: there systemd hands us the
// directory as a descriptor (OpenFile=, systemd.service(5)), opened before the sandbox was put up and closed
// before the proxy starts, and we walk through /proc/self/fd/N. The proxy never sees the user's runtime
// directory.
struct Place {
    std::string shown;
    std::string reached;

    [[nodiscard]] Place operator/(const std::string& name) const {
        return {shown + "/" + name, reached + "/" + name};
    }
};

struct PodmanPaths {
    Place runtime_dir;    // XDG_RUNTIME_DIR of the user
    std::string runroot;  // in the pause process's view; only ever opened below /proc/PID/root

    [[nodiscard]] Place pause_pid() const { return runtime_dir / "libpod/tmp/pause.pid"; }
    [[nodiscard]] std::string netns() const { return runroot + "/networks/rootless-netns/rootless-netns"; }
    [[nodiscard]] std::string aardvark_dir() const { return runroot + "/networks/aardvark-dns"; }
};

// `runtime_dir` and `runroot` as configured, empty for the default. `door` is the descriptor of a directory
// above the runtime directory that systemd passed, or an empty one; it must outlive the paths.
Result<PodmanPaths> podman_paths(const std::string& runtime_dir, const std::string& runroot,
                                 const UniqueFd& door);

}  // namespace rs
