#include "policy/learn.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <format>
#include <iterator>
#include <utility>

#include "policy/asking.hpp"
#include "policy/groups.hpp"
#include "policy/learned_text.hpp"
#include "policy/names.hpp"

namespace rs::policy {
namespace {

// A call with ever new arguments must not fill the memory.
constexpr std::size_t kArgumentsMax = 64;
constexpr std::size_t kRefusedMax = 256;

// Made for every request or connection by some proxy, or in order to start one: a question each would be
// felt.
constexpr std::array<std::string_view, 54> kHot{
    "accept4",    "brk",          "clock_gettime",  "close",        "connect",
    "epoll_ctl",  "epoll_pwait",  "epoll_wait",     "execve",       "exit",
    "exit_group", "fcntl",        "fstat",          "futex",        "getpeername",
    "getpid",     "getrandom",    "getsockname",    "getsockopt",   "gettid",
    "lseek",      "madvise",      "mmap",           "mprotect",     "munmap",
    "nanosleep",  "newfstatat",   "openat",         "poll",         "pread64",
    "pwrite64",   "read",         "readv",          "recvfrom",     "recvmmsg",
    "recvmsg",    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield",
    "sendfile",   "sendmmsg",     "sendmsg",        "sendto",       "set_robust_list",
    "setsockopt", "shutdown",     "sigaltstack",    "splice",       "statx",
    "tgkill",     "write",        "writev",         "rseq"};

SyscallPolicy asking_about_the_rest(const SyscallPolicy& current) {
    SyscallPolicy policy{.otherwise = kForbidden, .newest = current.newest, .calls = {}};
    for (const auto& [name, call] : current.calls) {
        CallPolicy left{kForbidden, {}};
        if (std::ranges::contains(kHot, name) && call.rules.empty() && is_allowed(call.action))
            left.action = kAllow;
        if (pretends_absence(call.action)) left.action = call.action;
        std::ranges::copy_if(call.rules, std::back_inserter(left.rules),
                             [](const ArgumentRule& rule) { return pretends_absence(rule.action); });
        if (left.action != kForbidden || !left.rules.empty()) policy.calls.emplace(name, std::move(left));
    }
    return policy;
}

// Of the arguments the one that says what the call is about.
std::uint64_t subject(const seccomp_data& call) {
    switch (call.nr) {
        case SYS_socket:
        case SYS_socketpair:
        case SYS_prctl:
        case SYS_personality:
            return static_cast<std::uint32_t>(call.args[0]);
        case SYS_ioctl:
            return static_cast<std::uint32_t>(call.args[1]);
        case SYS_clone:
            return call.args[0];
        default:
            return 0;
    }
}

}  // namespace

Result<Lesson> Lesson::begin(const Policy& current, Access access) {
    auto resolved = resolve(current.syscalls);
    if (!resolved) return std::unexpected(resolved.error());
    if (!can_hand_over(*resolved)) {
        return fail(
            std::format("policy profile '{}' does not allow sendmsg, without which nothing can be heard",
                        current.profile));
    }
    const auto filter = compile_filter(asking_about_the_rest(current.syscalls));
    if (!filter) return std::unexpected(filter.error());
    return Lesson{current, *std::move(resolved), std::move(access), asking(*filter)};
}

bool Lesson::stays_refused(const seccomp_data& call, Action action) const {
    if (!is_errno(action)) return true;
    const auto found = resolved_.calls.find(call.nr);
    if (found != resolved_.calls.end() && !found->second.rules.empty()) return true;
    const std::string name = call_name(call.nr);
    const auto holds = [&](const char* group) {
        return std::ranges::contains(calls_of(*find_group(group)), name);
    };
    // Also where somebody's own profile answers these by an errno.
    return name.empty() || name == "ptrace" || name == "bpf" || name == "setns" || name == "unshare" ||
           holds("@keyring") || holds("@mount") || holds("@module") || holds("@debug") || holds("@reboot");
}

int Lesson::observe(const seccomp_data& call) {
    const Action action = decide(resolved_, call);
    if (!is_allowed(action)) {
        const std::string arguments = shown_arguments(call);
        std::string name = call_name(call.nr);
        if (name.empty()) name = std::to_string(call.nr);
        if (refused_.size() < kRefusedMax)
            refused_.insert(arguments.empty() ? name : std::format("{} ({})", name, arguments));
        if (stays_refused(call, action)) return refusal_of(resolved_, call);
    }
    auto& subjects = seen_[call.nr];
    if (subjects.size() < kArgumentsMax) subjects.insert(subject(call));
    return kGoOn;
}

int Lesson::enforce(const seccomp_data& call) const {
    return is_allowed(decide(resolved_, call)) ? kGoOn : refusal_of(resolved_, call);
}

std::vector<std::string> Lesson::refused() const {
    return {refused_.begin(), refused_.end()};
}

std::string Lesson::profile(const std::string& heading) const {
    Learned learned{.heading = heading, .of = current_.profile, .base = {}, .used = {}, .new_ones = {}};
    for (const auto name : kHot)
        if (know_call(name) == Known::here) learned.base.insert(std::string{name});
    for (const auto* const name :
         {"clock_getres", "clock_gettime", "getcpu", "gettimeofday", "restart_syscall", "time"})
        if (know_call(name) == Known::here) learned.base.insert(name);
    for (const auto& [number, subjects] : seen_) {
        const std::string name = call_name(number);
        if (learned.base.contains(name)) continue;
        const auto call = current_.syscalls.calls.find(name);
        const bool allowed = call != current_.syscalls.calls.end() &&
                             (is_allowed(call->second.action) || !call->second.rules.empty());
        (allowed ? learned.used : learned.new_ones)[name] = subjects;
    }
    return learned_text(learned, current_.syscalls, access_);
}

}  // namespace rs::policy
