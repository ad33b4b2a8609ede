// The filter in a real kernel: a child loads it, makes one call, and ends with what became of it.
//
// Between fork and exit the child makes bare system calls only, so that sanitizers and their locks stay out
// of it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "policy/names.hpp"
#include "policy/seccomp.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

constexpr int kNotLoaded = 255;  // above any errno

[[noreturn]] void end(long status) {
    ::syscall(SYS_exit_group, status);
    __builtin_trap();
}

std::string describe(int wait_status) {
    if (WIFSIGNALED(wait_status)) return std::string{"signal "} + ::sigabbrev_np(WTERMSIG(wait_status));
    const int status = WEXITSTATUS(wait_status);
    if (status == kNotLoaded) return "filter not loaded";
    if (status == 0) return "done";
    const char* name = ::strerrorname_np(status);
    return name != nullptr ? name : "status " + std::to_string(status);
}

class FilteredChild : public testing::Test {
  protected:
    void SetUp() override { load("generic"); }

    void load(const char* profile) {
        policy_ = shipped(profile);
        program_ = compiled(policy_.syscalls);
    }

    // "done", the errno's name, or the signal that ended the child. `call` returns as syscall(2) does.
    template <class Call>
    std::string outcome_of(const Call& call, bool filtered = true) {
        const sock_fprog filter{.len = static_cast<unsigned short>(program_.instructions.size()),
                                .filter = program_.instructions.data()};
        const pid_t child = ::fork();
        if (child == 0) {
            ::syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0,
                      0);  // no core file of a child that is to be killed
            if (filtered) {
                ::syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) end(kNotLoaded);
            }
            end(call() < 0 ? errno : 0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return describe(status);
    }

    std::string outcome(long number, long first = 0, long second = 0, long third = 0) {
        return outcome_of([=] { return ::syscall(number, first, second, third, 0, 0, 0); });
    }

    std::string run(const char* shell_command) {
        const std::array<const char*, 4> arguments{"sh", "-c", shell_command, nullptr};
        const std::array<const char*, 1> environment{nullptr};
        return outcome_of(
            [&] { return ::syscall(SYS_execve, "/bin/sh", arguments.data(), environment.data()); });
    }

    Policy policy_;
    SeccompProgram program_;
};

class EveryProfile : public FilteredChild, public testing::WithParamInterface<const char*> {
  protected:
    void SetUp() override { load(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(All, EveryProfile, testing::ValuesIn(kProxyProfiles),
                         [](const auto& each) { return std::string{each.param}; });

TEST_P(EveryProfile, IsKilledByEveryCallThatOnlyAnIntruderTries) {
    int tried = 0;
    for (const auto& [name, call] : policy_.syscalls.calls) {
        if (call.action != kKill) continue;
        // Without arguments none of them could do harm, should the filter let it through.
        EXPECT_EQ(outcome(number_of(name)), "signal SYS") << name;
        ++tried;
    }
    EXPECT_GE(tried, 20);
}

// Tried as an intruder would: with arguments that a kernel without the filter takes.
TEST_P(EveryProfile, LeavesNoWayOutOfTheSandbox) {
    constexpr long kNew = CLONE_NEWUSER;
    EXPECT_EQ(outcome(SYS_unshare, kNew), "signal SYS");
    EXPECT_EQ(outcome(SYS_clone, kNew | SIGCHLD), "EPERM");
    EXPECT_EQ(outcome(SYS_clone, kNew | CLONE_NEWNET | SIGCHLD), "EPERM");
    EXPECT_EQ(outcome(SYS_clone3), "ENOSYS");
    const int own_namespace = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(outcome(SYS_setns, own_namespace, 0), "signal SYS");
    ::close(own_namespace);
    EXPECT_EQ(outcome(SYS_ptrace, 0), "signal SYS");  // PTRACE_TRACEME
    EXPECT_EQ(outcome(SYS_bpf, 0), "signal SYS");     // BPF_MAP_CREATE
    EXPECT_EQ(outcome(SYS_keyctl, 0, -3), "EPERM");   // the session keyring's number
    EXPECT_EQ(outcome(SYS_add_key), "EPERM");
    EXPECT_EQ(outcome(SYS_request_key), "EPERM");
    EXPECT_EQ(outcome(SYS_io_uring_setup, 1), "ENOSYS");
    EXPECT_EQ(outcome(SYS_mount), "signal SYS");
    EXPECT_EQ(outcome(SYS_finit_module, -1), "signal SYS");
    EXPECT_EQ(outcome(SYS_init_module), "signal SYS");
    for (const int family : {AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, AF_KCM, AF_XDP})
        EXPECT_NE(outcome(SYS_socket, family, SOCK_RAW), "done") << family;
}

TEST_F(FilteredChild, IsToldThatUnwantedCallsDoNotExist) {
    EXPECT_EQ(outcome(SYS_clone3), "ENOSYS");
    EXPECT_EQ(outcome(SYS_io_uring_setup, 1), "ENOSYS");
    EXPECT_EQ(outcome(SYS_io_uring_enter, -1), "ENOSYS");
}

// 468 is file_getattr, which Linux has from 6.17 on.
TEST_F(FilteredChild, IsToldThatCallsNewerThanThePolicyDoNotExist) {
    for (const long number : {467L, 468L, 1000L, 0x3fff'ffffL})
        EXPECT_EQ(outcome(number), "ENOSYS") << number;
}

TEST_F(FilteredChild, IsRefusedTheRest) {
    EXPECT_EQ(outcome(SYS_keyctl), "EPERM");
    EXPECT_EQ(outcome(SYS_chroot), "EPERM");
    EXPECT_EQ(outcome(SYS_kcmp), "EPERM");
    EXPECT_EQ(outcome(SYS_shmget, 0, 4096, 0600), "EPERM");
    EXPECT_EQ(outcome(SYS_settimeofday), "EPERM");
    EXPECT_EQ(outcome(SYS_process_vm_readv), "EPERM");
}

TEST_F(FilteredChild, OpensLocalAndInternetSocketsOnly) {
    for (const int family : {AF_UNIX, AF_INET, AF_INET6}) {
        EXPECT_EQ(outcome(SYS_socket, family, SOCK_STREAM), "done") << family;
    }
    EXPECT_EQ(outcome(SYS_socket, AF_NETLINK, SOCK_RAW), "EAFNOSUPPORT");
    EXPECT_EQ(outcome(SYS_socket, AF_PACKET, SOCK_RAW), "EPERM");
    EXPECT_EQ(outcome(SYS_socket, AF_ALG, SOCK_SEQPACKET), "EPERM");
    EXPECT_EQ(outcome(SYS_socket, AF_VSOCK, SOCK_STREAM), "EPERM");
}

// On success both sides of clone end with 0.
TEST_F(FilteredChild, ClonesProcessesButNoNamespaces) {
    EXPECT_EQ(outcome(SYS_clone, SIGCHLD), "done");
    for (const int flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                           CLONE_NEWPID, CLONE_NEWNET}) {
        EXPECT_EQ(outcome(SYS_clone, flag | SIGCHLD), "EPERM") << flag;
    }
}

TEST_F(FilteredChild, ReportsAnExecThatFails) {
    EXPECT_EQ(outcome_of([] {
                  constexpr const char* kNone[] = {nullptr};
                  ::syscall(SYS_execve, "/nonexistent", kNone, kNone);
                  const int code = errno;
                  if (::syscall(SYS_write, STDOUT_FILENO, "", 0) < 0) return -1;
                  errno = code;
                  return -1;
              }),
              "ENOENT");
}

TEST_F(FilteredChild, CannotLoosenTheFilterByExecuting) {
    EXPECT_EQ(run("exit 7"), describe(7 << 8));
    EXPECT_EQ(run("grep -q '^Seccomp:.2' /proc/self/status"), "done");
    EXPECT_EQ(run("grep -q '^NoNewPrivs:.1' /proc/self/status"), "done");
    // 159: 128 and SIGSYS
    EXPECT_EQ(run("unshare -r true >/dev/null 2>&1; test $? = 159"), "done");
}

TEST_F(FilteredChild, RunsPipelinesAndResolvesNames) {
    EXPECT_EQ(run("test $(seq 3 | sort -r | head -n1) = 3"), "done");
    EXPECT_EQ(run("(sleep 0.01 & wait) && cp /etc/passwd /dev/null && date > /dev/null && id > /dev/null"),
              "done");
    // Asks for addresses over netlink first.
    EXPECT_EQ(run("getent ahosts localhost > /dev/null"), "done");
}

#ifdef __x86_64__
TEST_F(FilteredChild, IsKilledByCallsOfX32) {
    constexpr long kX32 = 0x4000'0000;
    EXPECT_EQ(outcome(SYS_getpid | kX32), "signal SYS");
}

// getpid of i386 is number 20, which is writev here.
long call_i386_getpid() {
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result;
}

TEST_F(FilteredChild, IsKilledByCallsOfI386) {
    if (outcome_of(call_i386_getpid, false) != "done") GTEST_SKIP() << "this kernel runs no i386 programs";
    EXPECT_EQ(outcome_of(call_i386_getpid), "signal SYS");
}
#endif

}  // namespace
}  // namespace rs::policy
