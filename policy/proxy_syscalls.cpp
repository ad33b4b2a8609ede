// A call is listed because a proxy or an ordinary tool makes it, or because their C library or Go runtime may
// in its next release. What is not listed gets EPERM. Grouped as systemd groups them (`systemd-analyze
// syscall-filter`); only calls of 64-bit architectures are here.
//
// Which answer a refused call gets:
//   EPERM   the rule. Programs meet it on every hardened host and live with it.
//   ENOSYS  where a library tries the call first and has an older way when the kernel does not know it.
//   KILL    where no such program tries by itself, so that a try is somebody else's code running in it: other
//           processes' memory, the kernel's code, other namespaces, mounts.
#include "policy/proxy_syscalls.hpp"

#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <initializer_list>

// 32-bit architectures have names of their own for many calls (mmap2, clock_gettime64, fcntl64, …).
static_assert(sizeof(void*) == 8, "the proxies' list of system calls is made for 64-bit architectures");

namespace rs::policy {
namespace {

SyscallGroup default_calls() {
    return {"@default",
            kAllow,
            {"arch_prctl", "brk", "clock_getres", "clock_gettime", "clock_nanosleep", "execve", "exit",
             "exit_group", "futex", "futex_requeue", "futex_wait", "futex_waitv", "futex_wake",
             "get_robust_list", "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid",
             "getppid", "getrandom", "getresgid", "getresuid", "getrlimit", "getsid", "gettid",
             "gettimeofday", "getuid", "membarrier", "mmap", "mprotect", "mseal", "munmap", "nanosleep",
             "pause", "prlimit64", "riscv_flush_icache", "riscv_hwprobe", "rseq", "rt_sigreturn",
             "sched_getaffinity", "sched_yield", "set_robust_list", "set_tid_address", "time",
             // Made by the kernel itself when a stopped sleep or wait goes on (restart_syscall(2)).
             "restart_syscall",
             // Made by the kernel's trampoline when somebody traces the program; kernels before 6.14 ask the
             // filter.
             "uretprobe"}};
}

SyscallGroup memory() {
    return {"memory and @memlock, @pkey",
            kAllow,
            {"madvise", "map_shadow_stack", "memfd_create", "mincore", "mlock", "mlock2", "mlockall",
             "mremap", "munlock", "munlockall", "pkey_alloc", "pkey_free", "pkey_mprotect"}};
}

SyscallGroup basic_io() {
    return {"@basic-io",
            kAllow,
            {"close", "close_range", "dup", "dup2", "dup3", "lseek", "pread64", "preadv", "preadv2",
             "pwrite64", "pwritev", "pwritev2", "read", "readv", "write", "writev"}};
}

// Moving bytes between descriptors, and what does not fit elsewhere of what @system-service has.
SyscallGroup more_io() {
    return {"@system-service: descriptors",
            kAllow,
            {"copy_file_range", "fadvise64", "flock", "ioctl", "pipe", "pipe2", "readahead", "sendfile",
             "splice", "tee", "vmsplice"}};
}

// nginx with "aio on" sets up kernel AIO in each worker.
SyscallGroup asynchronous_io() {
    return {"@aio",
            kAllow,
            {"io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_setup", "io_submit"}};
}

SyscallGroup io_event() {
    return {"@io-event",
            kAllow,
            {"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
             "eventfd", "eventfd2", "poll", "ppoll", "pselect6", "select"}};
}

// Owners and modes are the kernel's to judge: without capabilities, only those of own files can change, and
// mknod makes nothing but pipes, sockets and files.
SyscallGroup file_system() {
    return {"@file-system",
            kAllow,
            {"access",    "chdir",     "chmod",    "creat",      "faccessat",  "faccessat2", "fallocate",
             "fchdir",    "fchmod",    "fchmodat", "fchmodat2",  "fcntl",      "fstat",      "fstatfs",
             "ftruncate", "futimesat", "getcwd",   "getdents",   "getdents64", "link",       "linkat",
             "lstat",     "mkdir",     "mkdirat",  "mknod",      "mknodat",    "newfstatat", "open",
             "openat",    "openat2",   "readlink", "readlinkat", "rename",     "renameat",   "renameat2",
             "rmdir",     "stat",      "statfs",   "statx",      "symlink",    "symlinkat",  "truncate",
             "umask",     "unlink",    "unlinkat", "utime",      "utimensat",  "utimes"}};
}

SyscallGroup more_file_system() {
    return {"@chown, @sync, @file-system: attributes and watches",
            kAllow,
            {"chown",        "fchown",        "fchownat",
             "lchown",       "fdatasync",     "fsync",
             "msync",        "sync",          "sync_file_range",
             "syncfs",       "fgetxattr",     "flistxattr",
             "fremovexattr", "fsetxattr",     "getxattr",
             "getxattrat",   "lgetxattr",     "listxattr",
             "listxattrat",  "llistxattr",    "lremovexattr",
             "lsetxattr",    "removexattr",   "removexattrat",
             "setxattr",     "setxattrat",    "inotify_add_watch",
             "inotify_init", "inotify_init1", "inotify_rm_watch"}};
}

// socket and socketpair look at their family: argument_rules().
SyscallGroup network_io() {
    return {"@network-io",
            kAllow,
            {"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
             "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown"}};
}

// clone looks at its flags: argument_rules(). kill reaches the other processes of the user, but a master
// process must be able to stop its workers.
SyscallGroup process() {
    return {"@process",
            kAllow,
            {"capget", "execveat", "fork", "getcpu", "getpriority", "getrusage", "kill", "pidfd_open",
             "pidfd_send_signal", "prctl", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "setpgid", "setsid",
             "sysinfo", "tgkill", "times", "tkill", "uname", "vfork", "wait4", "waitid",
             // getcontext(3) and its kin on 64-bit PowerPC.
             "swapcontext"}};
}

// Fewer than systemd's @resources: memory policies and real-time scheduling are nothing that a proxy sets.
SyscallGroup resources() {
    return {"@resources and reading the scheduler",
            kAllow,
            {"sched_get_priority_max", "sched_get_priority_min", "sched_getattr", "sched_getparam",
             "sched_getscheduler", "sched_rr_get_interval", "setrlimit",
             // HAProxy's cpu-map, nginx's worker_cpu_affinity and worker_priority; nice(1).
             "sched_setaffinity", "setpriority"}};
}

// Without capabilities a process can only become who it is. nginx insists on doing just that in its workers
// when it was started as uid 0, which a rootless user is inside the user namespace. setgroups is not here:
// the kernel would answer EPERM anyway, which nginx logs and accepts.
SyscallGroup user_ids() {
    return {"@setuid", kAllow, {"setgid", "setregid", "setresgid", "setresuid", "setreuid", "setuid"}};
}

SyscallGroup signals() {
    return {"@signal",
            kAllow,
            {"rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigsuspend", "rt_sigtimedwait",
             "sigaltstack", "signalfd", "signalfd4"}};
}

SyscallGroup timers() {
    return {"@timer",
            kAllow,
            {"alarm", "getitimer", "setitimer", "timer_create", "timer_delete", "timer_getoverrun",
             "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime", "timerfd_settime"}};
}

// A program may always give up more: filters only add up (seccomp(2)), and so do Landlock's rule sets
// (landlock(7)).
SyscallGroup self_restriction() {
    return {"@sandbox",
            kAllow,
            {"landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp"}};
}

SyscallGroup tried_first() {
    return {
        "tried first by libraries that have another way",
        kAbsent,
        {// A filter cannot look at the flags, which lie in memory. Every C library falls back on clone.
         "clone3",
         // libuv (Node.js) and others probe for it. It would do file and network operations past this filter.
         "io_uring_enter", "io_uring_register", "io_uring_setup",
         // libmount; its older way is to read /proc/self/mountinfo.
         "listmount", "statmount",
         // libapparmor and libselinux; their older way is /proc/self/attr.
         "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr"}};
}

// Most of these are numbers without a function in any kernel of today.
SyscallGroup obsolete() {
    return {"@obsolete",
            kAbsent,
            {"_sysctl", "afs_syscall", "create_module", "epoll_ctl_old", "epoll_wait_old", "get_kernel_syms",
             "getpmsg", "lookup_dcookie", "nfsservctl", "putpmsg", "query_module", "security", "sysfs",
             "tuxcall", "uselib", "ustat", "vserver"}};
}

// process_vm_readv is missing on purpose: crash handlers read their own stack with it, and take EPERM for an
// answer. So are add_key, keyctl and request_key: where Kerberos keeps its tickets in the keyring, curl looks
// there.
SyscallGroup others_memory() {
    return {"@debug and its relatives",
            kKill,
            {"perf_event_open", "pidfd_getfd", "process_vm_writev", "ptrace", "userfaultfd"}};
}

SyscallGroup kernel_code() {
    return {
        "@module, @reboot and bpf",
        kKill,
        {"bpf", "delete_module", "finit_module", "init_module", "kexec_file_load", "kexec_load", "reboot"}};
}

// chroot is missing on purpose: nginx and HAProxy call it when so configured, and explain an EPERM.
SyscallGroup namespaces_and_mounts() {
    return {"@mount and namespaces",
            kKill,
            {"fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree",
             "pivot_root", "setns", "umount2", "unshare"}};
}

// The kernel's type of these arguments is 32 bits wide; what is in the other half of the register is
// undefined.
constexpr std::uint64_t kWholeInt = 0xffff'ffff;

#ifdef __s390x__
constexpr unsigned kCloneFlags = 1;  // clone(2), "C library/kernel differences"
#else
constexpr unsigned kCloneFlags = 0;
#endif

// The only look at arguments. The kernel runs the whole filter for a call that has such a rule, while it
// answers the others from a bitmap, so none may be about a call that is made for every request.
std::vector<ArgumentRule> argument_rules() {
    constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                             CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;
    static_assert(kNewNamespaces == 0x7E02'0080);

    std::vector<ArgumentRule> rules{
        {"clone", kCloneFlags, kNewNamespaces, 0, kAllow},
        // personality(2): "query only" and the ordinary Linux; others switch address randomisation off.
        {"personality", 0, kWholeInt, 0xffff'ffff, kAllow},
        {"personality", 0, kWholeInt, 0, kAllow},
        // Libraries ask it for addresses and interfaces (getaddrinfo(3) for AI_ADDRCONFIG) and go on without
        // when the kernel has no such family. It is a way to much of the kernel, so they have to.
        {"socket", 0, kWholeInt, AF_NETLINK, refuse_with(EAFNOSUPPORT)},
    };
    for (const auto family : std::initializer_list<std::uint64_t>{AF_UNIX, AF_INET, AF_INET6}) {
        rules.push_back({"socket", 0, kWholeInt, family, kAllow});
        rules.push_back({"socketpair", 0, kWholeInt, family, kAllow});
    }
    return rules;
}

}  // namespace

SyscallPolicy proxy_syscalls() {
    return {
        .otherwise = kForbidden,
        .newest = "removexattrat",  // Linux 6.13
        .groups = {default_calls(),   memory(),        basic_io(),         more_io(),
                   asynchronous_io(), io_event(),      file_system(),      more_file_system(),
                   network_io(),      process(),       resources(),        user_ids(),
                   signals(),         timers(),        self_restriction(), tried_first(),
                   obsolete(),        others_memory(), kernel_code(),      namespaces_and_mounts()},
        .rules = argument_rules(),
    };
}

}  // namespace rs::policy
