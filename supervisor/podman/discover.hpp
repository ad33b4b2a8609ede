// Which namespaces are the user's Podman's right now? Found without a race, held by descriptors.
//
// Podman keeps one process per user, the pause process, to hold the user namespace, and one network namespace
// for all bridge networks, bind-mounted where only the pause process's mount namespace sees it. Names of
// processes prove nothing (pasta sits outside, aardvark-dns may be absent or old), so we follow the files
// that Podman itself follows and let the kernel confirm each step (ioctl_ns(2), namespaces(7)).
#pragma once

#include <sys/types.h>

#include <string>

#include "supervisor/base/error.hpp"
#include "supervisor/base/process.hpp"
#include "supervisor/podman/paths.hpp"

namespace rs {

// Identity of a namespace. Inode numbers are reused once a namespace is gone: comparing two is valid only
// while both are held open.
struct NamespaceId {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const NamespaceId&) const = default;
};

struct Namespaces {
    Process pause;
    UniqueFd user;
    UniqueFd net;
    NamespaceId user_id;
    NamespaceId net_id;
};

// Something Podman has not (or no longer) in place: a transition to wait out, not a failure of ours.
struct Missing {
    std::string reason;  // "cannot read pause pid file '…': No such file or directory"
    std::string awaits;  // "the first podman command of user test"

    [[nodiscard]] std::string text() const { return reason + "; waiting for " + awaits; }
};

// What the pause pid file says; the process may be gone, or somebody else's by now.
std::expected<pid_t, Missing> read_pause_pid(const Place& file);

std::expected<Namespaces, Missing> discover(const PodmanPaths& paths);

}  // namespace rs
