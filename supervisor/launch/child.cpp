#include "supervisor/launch/child.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

namespace rs {
namespace {

// Ignored signals survive execve(2), and so does the mask that the event loop needs blocked.
bool reset_signals() noexcept {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) {
        // EINVAL: SIGKILL, SIGSTOP and the C library's own two.
        if (::sigaction(number, &standard, nullptr) < 0 && errno != EINVAL) return false;
    }
    sigset_t none;
    ::sigemptyset(&none);
    return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

// The passed descriptors become 3, 4, …; everything else closes itself on exec, also what a library opened
// behind our back.
bool place_descriptors(const LaunchPlan& plan) noexcept {
    for (int i = 0; i < plan.passed_count; ++i) {
        if (::dup2(plan.passed_fds[i], kFirstPassedFd + i) < 0) return false;
    }
    for (const int standard : {STDOUT_FILENO, STDERR_FILENO}) {
        if (plan.output_fd >= 0 && ::dup2(plan.output_fd, standard) < 0) return false;
    }
    return ::close_range(static_cast<unsigned>(kFirstPassedFd + plan.passed_count), UINT_MAX,
                         CLOSE_RANGE_CLOEXEC) == 0;
}

void write_decimal(char* out, pid_t value) noexcept {
    char reversed[16];
    int digits = 0;
    for (; value > 0; value /= 10)
        reversed[digits++] = static_cast<char>('0' + value % 10);
    while (digits > 0)
        *out++ = reversed[--digits];
    *out = '\0';
}

// A bind mount made here must not travel back to where our own mount namespace came from
// (mount_namespaces(7)).
bool own_mount_namespace() noexcept {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_SLAVE | MS_REC, nullptr) == 0;
}

// prctl(2): the signal is sent when the parent thread ends; should it have ended before, nobody would send
// it.
bool die_with(pid_t parent) noexcept {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return false;
    if (::getppid() == parent) return true;
    errno = ESRCH;
    return false;
}

// capabilities(7): uid 0 of the user namespace must get nothing back at execve(2), and nothing may undo that.
// KEEP_CAPS is only locked, not set: it would keep what a change of uid drops.
//
// With capabilities to keep, NOROOT is left out: execve(2) then gives uid 0 what the bounding set has left,
// and nothing else. The other way, by the inheritable and the ambient set, takes capset(2), which the unit
// refuses.
bool lock_securebits(bool keep_some) noexcept {
    const unsigned long root = keep_some ? 0 : SECBIT_NOROOT | SECBIT_NOROOT_LOCKED;
    return ::prctl(PR_SET_SECUREBITS,
                   root | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                       SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
                   0, 0, 0) == 0;
}

bool is_root_inside() noexcept {
    if (::geteuid() == 0) return true;
    errno = EPERM;
    return false;
}

bool clear_ambient_set() noexcept {
    return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0;
}

// With an empty bounding set, no ambient set and NOROOT, execve(2) leaves no capability in any set;
// capset(2), which the unit's system call filter refuses, is not needed.
bool drop_bounding_set(unsigned long long kept) noexcept {
    for (unsigned long capability = 0;; ++capability) {
        if (capability < 64 && (kept >> capability & 1U) != 0) continue;
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) return errno == EINVAL && capability > 0;
    }
}

bool load_ruleset(int ruleset) noexcept {
    return ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

bool load_filter(const sock_fprog& filter) noexcept {
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

// What asks waits for the answer; only death may interrupt that (WAIT_KILLABLE_RECV, Linux 5.19), or Go's
// runtime, which interrupts its threads by signals, would ask again and again.
int load_asking_filter(const sock_fprog& filter) noexcept {
    constexpr unsigned kFlags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &filter));
}

// A socket takes these few bytes whole.
bool report(int status_fd, const ChildReport& what) noexcept {
    return ::write(status_fd, &what, sizeof what) == static_cast<ssize_t>(sizeof what);
}

// The filter in force asks the one that is to get the listener: this call must not be one that it asks about.
// Ours is CLOEXEC and goes with execve(2).
bool hand_over(int status_fd, int listener) noexcept {
    ChildReport what{.kind = ChildReport::Kind::listening, .failure = {}};
    iovec bytes{.iov_base = &what, .iov_len = sizeof what};
    alignas(cmsghdr) unsigned char control[CMSG_SPACE(sizeof listener)] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof listener);
    __builtin_memcpy(CMSG_DATA(header), &listener, sizeof listener);
    return ::sendmsg(status_fd, &message, 0) == static_cast<ssize_t>(sizeof what);
}

// Without a listener refusals are as firm, only nobody hears of them.
ChildFailure load_filters(const LaunchPlan& plan, int status_fd) noexcept {
    if (plan.asking.len > 0) {
        const int listener = load_asking_filter(plan.asking);
        if (listener >= 0) {
            const bool handed = hand_over(status_fd, listener);
            return {Stage::listener, handed ? 0 : errno};
        }
        const ChildReport why{ChildReport::Kind::not_listening, {Stage::listener, errno}};
        if (!report(status_fd, why)) return {Stage::listener, errno};
    }
    return {Stage::seccomp, load_filter(plan.filter) ? 0 : errno};
}

// What the steps below return: errno is of the call that failed just now.
ChildFailure failed(Stage stage) noexcept {
    return {stage, errno};
}
constexpr ChildFailure kDone{};

// The user namespace first: it gives the right to enter the other (setns(2)), and takes all capabilities back
// from nothing to everything, so all that follows is about losing them again.
ChildFailure enter_network(const LaunchPlan& plan) noexcept {
    const bool enter = plan.user_ns >= 0;
    if (enter && ::setns(plan.user_ns, CLONE_NEWUSER) < 0) return failed(Stage::user_namespace);
    if (enter && ::setns(plan.net_ns, CLONE_NEWNET) < 0) return failed(Stage::network_namespace);
    if (plan.resolv_conf == nullptr) return kDone;
    if (!own_mount_namespace()) return failed(Stage::mount_namespace);
    if (::mount(plan.resolv_conf, "/etc/resolv.conf", nullptr, MS_BIND, nullptr) < 0)
        return failed(Stage::resolv_conf);
    return kDone;
}

ChildFailure give_up_privileges(const LaunchPlan& plan) noexcept {
    const bool entered = plan.user_ns >= 0;
    const bool keep_some = plan.capabilities != 0;
    if (keep_some && !is_root_inside()) return failed(Stage::capabilities);
    if (entered && !lock_securebits(keep_some)) return failed(Stage::securebits);
    if (!clear_ambient_set()) return failed(Stage::ambient_set);
    if (entered && !drop_bounding_set(plan.capabilities)) return failed(Stage::bounding_set);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return failed(Stage::no_new_privs);
    return kDone;
}

}  // namespace

ChildFailure carry_out(const LaunchPlan& plan, int status_fd) noexcept {
    if (!reset_signals()) return failed(Stage::signals);
    if (plan.supervised && ::setsid() < 0) return failed(Stage::session);
    if (!place_descriptors(plan)) return failed(Stage::descriptors);
    if (plan.listen_pid != nullptr) write_decimal(plan.listen_pid, ::getpid());
    if (plan.watchdog_pid != nullptr) write_decimal(plan.watchdog_pid, ::getpid());

    if (const auto entered = enter_network(plan); entered.code != 0) return entered;
    // After setns(2), which clears it.
    if (plan.supervised && !die_with(plan.parent)) return failed(Stage::parent_death);
    if (const auto given_up = give_up_privileges(plan); given_up.code != 0) return given_up;
    if (plan.ruleset >= 0 && !load_ruleset(plan.ruleset)) return failed(Stage::landlock);
    if (const auto loaded = load_filters(plan, status_fd); loaded.code != 0) return loaded;

    ::execve(plan.program, plan.argv, plan.envp);
    return failed(Stage::exec);
}

void run_child(const LaunchPlan& plan, int status_fd) noexcept {
    const ChildReport failure{ChildReport::Kind::failed, carry_out(plan, status_fd)};
    // If even that fails, the exit status still tells that there was no exec.
    [[maybe_unused]] const bool told = report(status_fd, failure);
    ::_exit(1);
}

}  // namespace rs
