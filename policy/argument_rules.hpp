// The part of a filter that looks at arguments.
//
// Made here and not by libseccomp, which cannot answer a call differently for some arguments than its usual
// answer, and which was seen to combine several rules for one call into a program that allows too much.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "policy/resolve.hpp"

namespace rs::policy {

// Expects the call's number in the accumulator. Answers every call that has rules and lets all others, with
// the accumulator as it was, run on into what follows.
std::vector<sock_filter> argument_rules(const ResolvedPolicy& policy);

}  // namespace rs::policy
