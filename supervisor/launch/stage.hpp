// The steps of the child between fork and exec, in order, so that a failure can name the one that failed.
#pragma once

#include <cstdint>
#include <string>

namespace rs {

enum class Stage : std::uint8_t {
    signals,
    session,
    descriptors,
    user_namespace,
    network_namespace,
    mount_namespace,
    resolv_conf,
    parent_death,
    securebits,
    ambient_set,
    bounding_set,
    capabilities,
    no_new_privs,
    landlock,
    seccomp,
    listener,
    exec,
};

struct ChildFailure {
    Stage stage{};
    std::int32_t code = 0;  // errno
};

// What comes back through the status socket, each a message of exactly these bytes. None after the last when
// execve(2) succeeded.
struct ChildReport {
    enum class Kind : std::uint8_t {
        listening,      // the listener of the seccomp filter comes with it (SCM_RIGHTS, unix(7))
        not_listening,  // the kernel gave none: the filter is the one that asks nobody; `failure.code` says
                        // why
        failed,
    };
    Kind kind{};
    ChildFailure failure{};
};

// "cannot enter Podman's network namespace: Operation not permitted (…what usually causes it)".
std::string describe(const ChildFailure& failure, const std::string& program);

// 127 for a program that is not there, 126 for one that cannot be executed (as shells and podman have it),
// EX_OSERR for everything before.
int exit_status_of(const ChildFailure& failure);

}  // namespace rs
