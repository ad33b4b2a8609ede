// What the filter of every shipped profile answers, asked by the interpreter. The kernel is asked in
// policy_kernel_test.cpp.
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/bpf.hpp"
#include "policy/names.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

class ShippedProfile : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        policy_ = shipped(GetParam());
        program_ = compiled(policy_.syscalls);
    }

    [[nodiscard]] Action answer(int number, std::uint64_t first = 0,
                                std::uint32_t arch = seccomp_arch_native()) const {
        seccomp_data data{};
        data.nr = number;
        data.arch = arch;
        data.args[0] = first;
        return evaluate(program_.instructions, data);
    }

    void expect_all(Action wanted, std::initializer_list<const char*> names) const {
        for (const char* name : names) {
            const int number = seccomp_syscall_resolve_name(name);
            ASSERT_NE(number, __NR_SCMP_ERROR) << name;
            if (number < 0) continue;  // not on this architecture
            EXPECT_EQ(answer(number), wanted) << name;
        }
    }

    Policy policy_;
    SeccompProgram program_;
};

TEST_P(ShippedProfile, AnswersEveryNamedCallAsItSays) {
    EXPECT_GE(policy_.syscalls.calls.size(), 200U);
    for (const auto& [name, call] : policy_.syscalls.calls) {
        if (!call.rules.empty()) continue;
        EXPECT_EQ(answer(number_of(name)), call.action) << name;
    }
}

TEST_P(ShippedProfile, HasNothingToWarnAbout) {
    EXPECT_EQ(policy_.warnings, std::vector<std::string>{});
}

TEST_P(ShippedProfile, AllowsWhatCaddyNginxAndHaproxyWereSeenToUse) {
    expect_all(kAllow, {"accept4",      "access",     "arch_prctl",      "bind",
                        "brk",          "close",      "connect",         "epoll_ctl",
                        "execve",       "exit_group", "fcntl",           "futex",
                        "getpid",       "getrandom",  "getsockopt",      "listen",
                        "lseek",        "mmap",       "mprotect",        "munmap",
                        "newfstatat",   "openat",     "pread64",         "prlimit64",
                        "read",         "rseq",       "rt_sigaction",    "rt_sigprocmask",
                        "rt_sigreturn", "sendmsg",    "set_robust_list", "set_tid_address",
                        "setsockopt",   "sysinfo",    "uname",           "write"});
}

TEST_P(ShippedProfile, LeavesTheLauncherWhatItNeedsAfterLoadingIt) {
    expect_all(kAllow, {"execve", "write", "exit_group"});
}

TEST_P(ShippedProfile, KillsWhatOnlyAnIntruderTries) {
    expect_all(kKill, {"ptrace",        "process_vm_writev",
                       "bpf",           "perf_event_open",
                       "userfaultfd",   "init_module",
                       "finit_module",  "delete_module",
                       "kexec_load",    "kexec_file_load",
                       "reboot",        "setns",
                       "unshare",       "mount",
                       "umount2",       "pivot_root",
                       "open_tree",     "move_mount",
                       "fsopen",        "fsconfig",
                       "fsmount",       "fspick",
                       "mount_setattr", "pidfd_getfd"});
}

TEST_P(ShippedProfile, RefusesTheRestWithEperm) {
    expect_all(kForbidden, {"add_key",
                            "keyctl",
                            "request_key",
                            "process_vm_readv",
                            "kcmp",
                            "chroot",
                            "swapon",
                            "swapoff",
                            "acct",
                            "quotactl",
                            "settimeofday",
                            "clock_settime",
                            "adjtimex",
                            "sethostname",
                            "setdomainname",
                            "capset",
                            "setgroups",
                            "iopl",
                            "ioperm",
                            "modify_ldt",
                            "syslog",
                            "vhangup",
                            "fanotify_init",
                            "name_to_handle_at",
                            "open_by_handle_at",
                            "shmget",
                            "semget",
                            "msgget",
                            "mq_open",
                            "sched_setscheduler",
                            "sched_setattr",
                            "mbind",
                            "set_mempolicy",
                            "move_pages",
                            "memfd_secret",
                            "process_madvise",
                            "remap_file_pages"});
}

TEST_P(ShippedProfile, SaysThatCallsWithAnOlderWayDoNotExist) {
    expect_all(kAbsent, {"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "statmount",
                         "listmount", "lsm_get_self_attr", "uselib", "_sysctl"});
}

TEST_P(ShippedProfile, SaysThatCallsNewerThanThePolicyDoNotExist) {
    const int newest = seccomp_syscall_resolve_name("removexattrat");
    EXPECT_NE(answer(newest), kAbsent);
    for (const int number : {newest + 1, newest + 2, 1000, 100'000, 0x3fff'ffff}) {
        EXPECT_EQ(answer(number), kAbsent) << number;
    }
}

TEST_P(ShippedProfile, KillsCallsOfOtherArchitectures) {
    constexpr std::array<std::uint32_t, 6> kAll{AUDIT_ARCH_I386,    AUDIT_ARCH_ARM, AUDIT_ARCH_X86_64, 0,
                                                AUDIT_ARCH_AARCH64, 0xffff'ffff};
    for (const auto arch : kAll) {
        if (arch == seccomp_arch_native()) continue;
        for (const int number : {0, 1, 11, 20, 100'000})
            EXPECT_EQ(answer(number, 0, arch), kKill) << arch;
    }
}

#ifdef __x86_64__
TEST_P(ShippedProfile, KillsCallsOfX32) {
    constexpr int kX32 = 0x4000'0000;
    for (const int number : {SYS_read, SYS_execve, 512, 100'000})
        EXPECT_EQ(answer(number | kX32), kKill);
}
#endif

TEST_P(ShippedProfile, LetsCloneMakeProcessesAndThreads) {
    EXPECT_EQ(answer(SYS_clone, SIGCHLD), kAllow);
    EXPECT_EQ(answer(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD), kAllow);
    // pthread_create(3)
    EXPECT_EQ(
        answer(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                              CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID),
        kAllow);
    EXPECT_EQ(answer(SYS_clone, CLONE_PIDFD | SIGCHLD), kAllow);
}

TEST_P(ShippedProfile, LetsCloneMakeNoNamespace) {
    for (const int flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                           CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWTIME}) {
        const auto flags = static_cast<std::uint64_t>(flag);
        EXPECT_EQ(answer(SYS_clone, flags), kForbidden) << std::hex << flag;
        EXPECT_EQ(answer(SYS_clone, flags | SIGCHLD | CLONE_VM), kForbidden) << std::hex << flag;
        EXPECT_EQ(answer(SYS_clone, flags | 0xffff'ffff'0000'0000), kForbidden) << std::hex << flag;
    }
}

TEST_P(ShippedProfile, OpensLocalAndInternetSocketsOnly) {
    for (std::uint64_t family = 0; family < 300; ++family) {
        const bool ours = family == AF_UNIX || family == AF_INET || family == AF_INET6;
        const Action refusal = family == AF_NETLINK ? refuse_with(EAFNOSUPPORT) : kForbidden;
        EXPECT_EQ(answer(SYS_socket, family), ours ? kAllow : refusal) << family;
        EXPECT_EQ(answer(SYS_socketpair, family), ours ? kAllow : kForbidden) << family;
    }
}

// socket(2) takes an int: the kernel does not look at the upper half of the register either.
TEST_P(ShippedProfile, JudgesSocketsByWhatTheKernelReads) {
    constexpr std::uint64_t kNoise = 0x1'0000'0000;
    EXPECT_EQ(answer(SYS_socket, AF_INET | kNoise), kAllow);
    EXPECT_EQ(answer(SYS_socket, AF_PACKET | kNoise), kForbidden);
    EXPECT_EQ(answer(SYS_socket, AF_INET | 0x8000'0000U), kForbidden);
}

TEST_P(ShippedProfile, LetsNobodySwitchAddressRandomisationOff) {
    EXPECT_EQ(answer(SYS_personality, ADDR_NO_RANDOMIZE), kForbidden);
    EXPECT_EQ(answer(SYS_personality, READ_IMPLIES_EXEC), kForbidden);
}

// The kernel answers from a bitmap only what is allowed whatever its arguments are.
TEST_P(ShippedProfile, LooksAtNoArgumentOfACallThatIsMadeForEveryRequest) {
    for (const auto& [name, call] : policy_.syscalls.calls) {
        if (call.rules.empty()) continue;
        constexpr std::array<std::string_view, 4> kRare{"clone", "personality", "socket", "socketpair"};
        EXPECT_TRUE(std::ranges::contains(kRare, name)) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedProfile, testing::ValuesIn(kProxyProfiles),
                         [](const auto& each) { return std::string{each.param}; });

TEST(GenericProfile, LetsToolsAskForTheirPersonality) {
    const auto program = compiled(shipped("generic").syscalls);
    seccomp_data data{};
    data.nr = SYS_personality;
    data.arch = seccomp_arch_native();
    data.args[0] = PER_LINUX;
    EXPECT_EQ(evaluate(program.instructions, data), kAllow);
    data.args[0] = 0xffff'ffff;
    EXPECT_EQ(evaluate(program.instructions, data), kAllow);
}

}  // namespace
}  // namespace rs::policy
