// Everything the child does between fork and exec, as plain data computed beforehand.
//
// The child must not allocate, lock or log: it carries out this plan with bare system calls. All pointers
// lead into storage of the CompiledLaunch that made the plan.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

namespace rs {

// sd_listen_fds(3): passed descriptors start here.
inline constexpr int kFirstPassedFd = 3;

struct LaunchPlan {
    const char* program;
    char* const* argv;
    char* const* envp;
    // Digits of LISTEN_PID= and WATCHDOG_PID= within envp, for the child to fill in; null where there is
    // none.
    char* listen_pid;
    char* watchdog_pid;

    const int* passed_fds;  // all above the range they are moved to, CLOEXEC
    int passed_count;

    // -1: the child stays in the namespaces it was forked in. It has no CAP_SETPCAP then, so the steps that
    // need it are left out: what it may have is what the unit's CapabilityBoundingSet= lets the supervisor
    // have.
    int user_ns;
    int net_ns;

    int output_fd;  // becomes stdout and stderr; -1: they are the supervisor's

    const char*
        resolv_conf;  // file to put over /etc/resolv.conf in a mount namespace of the child's own; null: not

    bool supervised;  // new session, and a life that ends with the parent's; not for `exec`
    pid_t parent;

    int ruleset;  // Landlock's; -1: none
    // A bit mask, capabilities(7): stays in the bounding set, and so, uid 0 being what the child is in
    // Podman's user namespace, with the program. Only for a child that enters.
    unsigned long long capabilities;
    sock_fprog filter;
    // Loaded in its place if the kernel gives a listener for it (seccomp_unotify(2)), which goes back to the
    // parent. It must allow sendmsg(2). Empty: none.
    sock_fprog asking;
};

}  // namespace rs
