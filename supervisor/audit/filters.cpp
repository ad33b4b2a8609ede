#include "supervisor/audit/filters.hpp"

#include <linux/bpf_common.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <format>

#ifndef BPF_MAXINSNS
#define BPF_MAXINSNS 4096  // linux/bpf_common.h
#endif

namespace rs::audit {
namespace {

using Clock = std::chrono::steady_clock;
using Program = std::vector<sock_filter>;

// SIGCHLD tells of the stop, and is waited for: while it is blocked it cannot get lost.
class BlockedSigchld {
  public:
    BlockedSigchld() {
        ::sigemptyset(&set_);
        ::sigaddset(&set_, SIGCHLD);
        ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    }
    ~BlockedSigchld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSigchld(const BlockedSigchld&) = delete;
    BlockedSigchld& operator=(const BlockedSigchld&) = delete;

    // False: nothing came within a second.
    [[nodiscard]] bool wait() const {
        const timespec limit{.tv_sec = 1, .tv_nsec = 0};
        while (::sigtimedwait(&set_, nullptr, &limit) < 0) {
            if (errno != EINTR) return false;
        }
        return true;
    }

  private:
    sigset_t set_{};
    sigset_t before_{};
};

class Traced {
  public:
    explicit Traced(pid_t pid) : pid_(pid), seized_(::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0) {}
    ~Traced() {
        // Works on a stopped thread only. One that did not stop is let go by the kernel when this process
        // ends.
        if (seized_) ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
    }
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;

    [[nodiscard]] explicit operator bool() const { return seized_; }

    Result<> stop(const BlockedSigchld& sigchld) {
        if (::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) < 0)
            return fail_errno("cannot stop it", errno);
        int status = 0;
        pid_t changed = 0;
        while ((changed = ::waitpid(pid_, &status, WNOHANG | __WALL)) == 0) {
            if (!sigchld.wait()) return fail("it did not stop within a second");
        }
        if (changed < 0) return fail_errno("cannot wait for it", errno);
        if (WIFSTOPPED(status)) {
            // A signal that it was just given stopped it first: that must not get lost.
            signal_ = status >> 16 == 0 ? WSTOPSIG(status) : 0;
            return {};
        }
        seized_ = false;
        return fail("it has ended");
    }

    void let_go() {
        if (!seized_) return;
        ::ptrace(PTRACE_DETACH, pid_, nullptr, static_cast<long>(signal_));
        seized_ = false;
    }

  private:
    pid_t pid_;
    bool seized_;
    int signal_ = 0;
};

// Counted from the one that was loaded first (kernel/seccomp.c, get_nth_filter).
Result<std::vector<Program>> read_filters(pid_t pid, Program& room) {
    std::vector<Program> all;
    for (unsigned long number = 0;; ++number) {
        const long length = ::ptrace(PTRACE_SECCOMP_GET_FILTER, pid, number, room.data());
        if (length >= 0) {
            all.emplace_back(room.begin(), room.begin() + length);
        } else if (errno == ENOENT || (errno == EINVAL && number == 0)) {
            return all;  // EINVAL: it has none at all
        } else {
            return fail_errno("cannot read its filters", errno);
        }
    }
}

}  // namespace

Result<Filters> dump_filters(pid_t pid) {
    Program room(BPF_MAXINSNS);
    const BlockedSigchld sigchld;
    Traced traced{pid};
    if (!traced) return fail_errno("cannot trace it", errno);
    const auto began = Clock::now();
    if (auto stopped = traced.stop(sigchld); !stopped) return std::unexpected(stopped.error());
    auto programs = read_filters(pid, room);
    traced.let_go();
    const auto stopped = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
    if (!programs) return std::unexpected(programs.error());
    return Filters{.programs = *std::move(programs), .stopped = stopped};
}

}  // namespace rs::audit
