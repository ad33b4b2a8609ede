// Who is at the other end of a connection, and whether he may change anything.
//
// Root and the service's own user may. The proxy runs as that user, too, and must not: what it serves comes
// from strangers. It differs from the user's own processes in two ways that it cannot shed: it lives in
// Podman's user namespace (no way leads from there to the parent, setns(2)), and in the cgroup of the unit,
// like everything else that the supervisor starts (cgroups(7): to leave it takes write access to a cgroup
// outside, which Delegate=no and ProtectControlGroups=yes withhold).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

#include "supervisor/base/error.hpp"

namespace rs::control {

// As the kernel vouches for it at connect(2): SO_PEERCRED and SO_PEERPIDFD (socket(7), unix(7); Linux 6.5).
struct Peer {
    uid_t uid = 0;
    pid_t pid = 0;
    int pidfd = -1;  // borrowed; negative: the kernel gives none
};

class Gate {
  public:
    // `cgroup` is the unit's own, or empty where the supervisor is not the main process of a unit: then only
    // the user namespace counts.
    Gate(uid_t own_uid, std::string cgroup) : own_uid_(own_uid), cgroup_(std::move(cgroup)) {}
    static Gate of_this_process();

    // The error says why not. Fails closed: who has ended meanwhile, or hides, may not.
    [[nodiscard]] Result<> may_change(const Peer& peer) const;

  private:
    uid_t own_uid_;
    std::string cgroup_;
};

// The path in a /proc/PID/cgroup, of the unified hierarchy or, without it, of systemd's own; empty where
// there is none.
std::string cgroup_path(std::string_view file);

// `path` is `cgroup` or lies below it.
bool lies_in_cgroup(std::string_view path, std::string_view cgroup);

}  // namespace rs::control
