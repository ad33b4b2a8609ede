// What the proxy is refused, and what became of it when it did what it is killed for.
#include <cerrno>
#include <csignal>
#include <format>
#include <utility>

#include "supervisor/app.hpp"
#include "supervisor/base/log.hpp"

namespace rs {

void App::listening(ProxyId id, Result<UniqueFd> listener) {
    const auto child = children_.find(id);
    if (child == children_.end()) return;
    const auto fail = [&](const Error& why) {
        if (!child->second.learning) return not_listening(why);
        end_lesson(control::kProxyFailed, "the kernel does not let us hear its system calls: " + why.message);
    };
    if (!listener) return fail(listener.error());
    Listener::Judge judge = [this, id](const seccomp_data& call) { return refuse(id, call); };
    if (const auto learning = child->second.learning)
        judge = [learning](const seccomp_data& call) { return observe_call(learning, call); };
    auto attached = Listener::attach(parts_.loop, *std::move(listener), std::move(judge));
    if (!attached) return fail(attached.error());
    child->second.listener = *std::move(attached);
}

// Once: it will be the same for every proxy.
void App::not_listening(const Error& why) {
    if (std::exchange(told_not_listening_, true)) return;
    spdlog::warn("cannot hear which system calls the proxy is refused: {}; it is refused them in silence",
                 why.message);
}

int App::refuse(ProxyId id, const seccomp_data& call) {
    const auto child = children_.find(id);
    if (child == children_.end()) return EPERM;
    const auto verdict = child->second.refusals.judge(call);
    journal_.refused();
    if (verdict.line) {
        log::set_field("SYSCALL", verdict.call);
        say(true, *verdict.line);
        log::set_field("SYSCALL", "");
    }
    return verdict.code;
}

void App::tell_refusals(const Child& child) const {
    const std::string repeated = child.refusals.repeated();
    if (repeated.empty()) return;
    log::set_field("REFUSED", std::to_string(child.refusals.total()));
    spdlog::info("the proxy was refused {} system calls in all: {}", child.refusals.total(), repeated);
    log::set_field("REFUSED", "");
}

// The kernel tells its log, unless too much else wants to be told there (seccomp(2),
// SECCOMP_RET_KILL_PROCESS; kernel/audit.c). The line has the number of the call and the process, not the
// name.
std::string App::explain_end(const Child& child, const ProcessEnd& end) const {
    if (!end.by_signal || end.value != SIGSYS) return {};
    return std::format(
        "its system call filter (profile {}) forbids what it called, by the number after 'syscall=' in the "
        "kernel's log: journalctl --dmesg --grep 'type=1326 .* pid={} '",
        child.profile, child.proxy->pid());
}

}  // namespace rs
