// What the compiled filter answers, asked by the interpreter. The kernel is asked in policy_kernel_test.cpp.
#include "policy/seccomp.hpp"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "policy/bpf.hpp"
#include "policy/proxy_syscalls.hpp"
#include "policy/resolve.hpp"
#include "policy/self_check.hpp"

namespace rs::policy {
namespace {

class ProxyFilter : public testing::Test {
  protected:
    void SetUp() override {
        auto program = compile_proxy_filter();
        ASSERT_TRUE(program) << program.error().message;
        program_ = std::move(*program);
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

    SeccompProgram program_;
};

TEST_F(ProxyFilter, AnswersEveryListedCallAsItsGroupSays) {
    for (const auto& group : proxy_syscalls().groups) {
        for (const auto& name : group.calls) {
            const int number = seccomp_syscall_resolve_name(name.c_str());
            if (number < 0) continue;  // not on this architecture
            EXPECT_EQ(answer(number), group.action) << name << " of " << group.name;
        }
    }
}

TEST_F(ProxyFilter, AllowsWhatCaddyNginxAndHaproxyWereSeenToUse) {
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

TEST_F(ProxyFilter, LeavesTheLauncherWhatItNeedsAfterLoadingIt) {
    expect_all(kAllow, {"execve", "write", "exit_group"});
}

TEST_F(ProxyFilter, KillsWhatOnlyAnIntruderTries) {
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

TEST_F(ProxyFilter, RefusesTheRestWithEperm) {
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

TEST_F(ProxyFilter, SaysThatCallsWithAnOlderWayDoNotExist) {
    expect_all(kAbsent, {"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "statmount",
                         "listmount", "lsm_get_self_attr", "uselib", "_sysctl"});
}

TEST_F(ProxyFilter, SaysThatCallsNewerThanThePolicyDoNotExist) {
    const int newest = seccomp_syscall_resolve_name("removexattrat");
    EXPECT_EQ(answer(newest), kAllow);
    for (const int number : {newest + 1, newest + 2, 1000, 100'000, 0x3fff'ffff}) {
        EXPECT_EQ(answer(number), kAbsent) << number;
    }
}

TEST_F(ProxyFilter, KillsCallsOfOtherArchitectures) {
    constexpr std::array<std::uint32_t, 6> kAll{AUDIT_ARCH_I386,    AUDIT_ARCH_ARM, AUDIT_ARCH_X86_64, 0,
                                                AUDIT_ARCH_AARCH64, 0xffff'ffff};
    for (const auto arch : kAll) {
        if (arch == seccomp_arch_native()) continue;
        for (const int number : {0, 1, 11, 20, 100'000})
            EXPECT_EQ(answer(number, 0, arch), kKill) << arch;
    }
}

#ifdef __x86_64__
TEST_F(ProxyFilter, KillsCallsOfX32) {
    constexpr int kX32 = 0x4000'0000;
    for (const int number : {SYS_read, SYS_execve, 512, 100'000})
        EXPECT_EQ(answer(number | kX32), kKill);
}
#endif

TEST_F(ProxyFilter, LetsCloneMakeProcessesAndThreads) {
    EXPECT_EQ(answer(SYS_clone, SIGCHLD), kAllow);
    EXPECT_EQ(answer(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD), kAllow);
    // pthread_create(3)
    EXPECT_EQ(
        answer(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                              CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID),
        kAllow);
    EXPECT_EQ(answer(SYS_clone, CLONE_PIDFD | SIGCHLD), kAllow);
}

TEST_F(ProxyFilter, LetsCloneMakeNoNamespace) {
    for (const int flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                           CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWTIME}) {
        const auto flags = static_cast<std::uint64_t>(flag);
        EXPECT_EQ(answer(SYS_clone, flags), kForbidden) << std::hex << flag;
        EXPECT_EQ(answer(SYS_clone, flags | SIGCHLD | CLONE_VM), kForbidden) << std::hex << flag;
        EXPECT_EQ(answer(SYS_clone, flags | 0xffff'ffff'0000'0000), kForbidden) << std::hex << flag;
    }
}

TEST_F(ProxyFilter, OpensLocalAndInternetSocketsOnly) {
    for (std::uint64_t family = 0; family < 300; ++family) {
        const bool ours = family == AF_UNIX || family == AF_INET || family == AF_INET6;
        const Action refusal = family == AF_NETLINK ? refuse_with(EAFNOSUPPORT) : kForbidden;
        EXPECT_EQ(answer(SYS_socket, family), ours ? kAllow : refusal) << family;
        EXPECT_EQ(answer(SYS_socketpair, family), ours ? kAllow : kForbidden) << family;
    }
}

// socket(2) takes an int: the kernel does not look at the upper half of the register either.
TEST_F(ProxyFilter, JudgesSocketsByWhatTheKernelReads) {
    constexpr std::uint64_t kNoise = 0x1'0000'0000;
    EXPECT_EQ(answer(SYS_socket, AF_INET | kNoise), kAllow);
    EXPECT_EQ(answer(SYS_socket, AF_PACKET | kNoise), kForbidden);
    EXPECT_EQ(answer(SYS_socket, AF_INET | 0x8000'0000U), kForbidden);
}

TEST_F(ProxyFilter, LetsNobodySwitchAddressRandomisationOff) {
    EXPECT_EQ(answer(SYS_personality, 0xffff'ffff), kAllow);
    EXPECT_EQ(answer(SYS_personality, PER_LINUX), kAllow);
    EXPECT_EQ(answer(SYS_personality, ADDR_NO_RANDOMIZE), kForbidden);
    EXPECT_EQ(answer(SYS_personality, READ_IMPLIES_EXEC), kForbidden);
}

SyscallPolicy small_policy() {
    return {.otherwise = kForbidden,
            .newest = "openat2",
            .groups = {{"some", kAllow, {"read", "write"}}},
            .rules = {{"socket", 0, 0xffff'ffff, AF_UNIX, kAllow}}};
}

std::string refusal(const SyscallPolicy& policy) {
    const auto program = compile_filter(policy);
    return program ? "no error" : program.error().message;
}

TEST(CompileFilter, NamesACallThatLibseccompDoesNotKnow) {
    auto policy = small_policy();
    EXPECT_EQ(refusal(policy), "no error");
    policy.groups[0].calls.emplace_back("raed");
    EXPECT_EQ(refusal(policy), "system call 'raed' is unknown to libseccomp");
}

TEST(CompileFilter, LeavesOutCallsOfOtherArchitectures) {
    auto policy = small_policy();
    policy.groups[0].calls.insert(policy.groups[0].calls.end(), {"mmap2", "arm_fadvise64_64", "s390_sthyi"});
    EXPECT_EQ(refusal(policy), "no error");
}

TEST(CompileFilter, RefusesToAnswerACallInTwoWays) {
    auto policy = small_policy();
    policy.groups.push_back({"more", kKill, {"write"}});
    EXPECT_EQ(refusal(policy), "system call 'write' is named twice, the second time in group 'more'");

    policy = small_policy();
    policy.rules.push_back({"read", 0, 0xffff'ffff, 0, kKill});
    EXPECT_EQ(refusal(policy), "system call 'read' has a rule for its arguments and is also in a group");

    policy = small_policy();
    policy.rules.push_back({"socket", 0, 1, 1, kKill});
    EXPECT_EQ(refusal(policy), "two rules for 'socket' match the same arguments");
}

TEST(CompileFilter, RefusesRulesThatCannotMatch) {
    auto policy = small_policy();
    policy.rules.push_back({"socketpair", 0, 0xf, 0x10, kAllow});
    EXPECT_EQ(refusal(policy),
              "a rule for 'socketpair' can never match: value 0x10 has bits outside of mask 0xf");

    policy = small_policy();
    policy.rules.push_back({"socketpair", 6, 0xf, 1, kAllow});
    EXPECT_EQ(refusal(policy), "a rule for 'socketpair' is about argument 6; there are 0 to 5");
}

// Each comparison and each answer of the filter counts.
TEST(SelfCheck, NoticesEveryTurnedComparisonAndEveryChangedAnswer) {
    const auto policy = resolve(proxy_syscalls());
    ASSERT_TRUE(policy);
    auto program = compile_proxy_filter();
    ASSERT_TRUE(program);
    auto& instructions = program->instructions;
    ASSERT_TRUE(check_program(*policy, instructions));

    for (std::size_t at = 0; at < instructions.size(); ++at) {
        sock_filter& instruction = instructions[at];
        const sock_filter right = instruction;
        if (BPF_CLASS(right.code) == BPF_LD) continue;  // libseccomp loads some words again
        if (BPF_CLASS(right.code) == BPF_JMP && BPF_OP(right.code) != BPF_JA) {
            std::swap(instruction.jt, instruction.jf);
        } else {
            ++instruction.k;
        }
        EXPECT_FALSE(check_program(*policy, instructions)) << "at " << at;
        instruction = right;
    }
}

}  // namespace
}  // namespace rs::policy
