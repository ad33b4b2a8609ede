// Learning a profile from what a proxy does: a filter that asks about all but the most frequent calls, and
// what was seen that way, put into words.
//
// What is made by way of the vDSO when it can be (vdso(7)), or by the kernel itself (restart_syscall(2)),
// need not be seen in the time and is part of every profile; what the unit's own filters refuse is never seen
// (seccomp(2): an errno goes before a question).
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/access.hpp"
#include "policy/policy.hpp"
#include "policy/resolve.hpp"
#include "policy/seccomp.hpp"
#include "supervisor/base/error.hpp"

namespace rs::policy {

class Lesson {
  public:
    // `current` is what the proxy may do, `access` that of its profile alone. Errors: those of resolve(), a
    // profile that does not let a listener be handed over.
    static Result<Lesson> begin(const Policy& current, Access access);

    // Allows what every request needs, as far as the current policy does, and asks about the rest. What the
    // policy pretends not to have stays absent.
    [[nodiscard]] const SeccompProgram& filter() const { return filter_; }

    // In place of an errno: the call is to be made.
    static constexpr int kGoOn = -1;
    // Notes the call. What the current policy refuses goes on, so that one can see what comes after it,
    // unless it leads out of the sandbox: whatever is answered by a kill, depends on its arguments, or
    // concerns keys stays refused.
    int observe(const seccomp_data& call);
    // The same by the current policy alone, and nothing is noted: for a proxy that is still there after the
    // lesson.
    [[nodiscard]] int enforce(const seccomp_data& call) const;

    // TOML, for people and for rootless-supervisor: what was seen and what every proxy needs.
    [[nodiscard]] std::string profile(const std::string& heading) const;
    // "msgget", "socket (AF_PACKET, 3, 768)": what the current policy refuses, sorted.
    [[nodiscard]] std::vector<std::string> refused() const;
    [[nodiscard]] std::size_t calls_seen() const { return seen_.size(); }

  private:
    Lesson(Policy current, ResolvedPolicy resolved, Access access, SeccompProgram filter)
        : current_(std::move(current)),
          resolved_(std::move(resolved)),
          access_(std::move(access)),
          filter_(std::move(filter)) {}
    [[nodiscard]] bool stays_refused(const seccomp_data& call, Action action) const;

    Policy current_;
    ResolvedPolicy resolved_;
    Access access_;
    SeccompProgram filter_;
    std::map<int, std::set<std::uint64_t>>
        seen_;  // of those let through: the arguments that tell what was done
    std::set<std::string> refused_;
};

}  // namespace rs::policy
