// Filters that ask before they refuse: the call waits until whoever holds the filter's listener has answered
// it (seccomp_unotify(2)).
//
// A call that the filter allows costs nothing more: neither its way through the kernel nor the kernel's
// bitmap of calls that are always allowed knows the difference.
#pragma once

#include <linux/seccomp.h>

#include <string>

#include "policy/resolve.hpp"
#include "policy/seccomp.hpp"

namespace rs::policy {

// The same program, but it asks where it would refuse by errno. What it kills for stays a kill, and what it
// answers as a kernel without the call would (pretends_absence) stays so, for it is nothing to talk about.
SeccompProgram asking(const SeccompProgram& program);

// Whether the launcher gets the listener out of a process under such a filter: it must not have to ask for
// that.
bool can_hand_over(const ResolvedPolicy& policy);

// The errno that answers a call which the filter asks about; the policy has the last word. EPERM for what it
// does not refuse, which nobody asks.
int refusal_of(const ResolvedPolicy& policy, const seccomp_data& call);

// What of the arguments tells people what was wanted: "AF_PACKET, 3, 768"; empty for most calls.
std::string shown_arguments(const seccomp_data& call);

}  // namespace rs::policy
