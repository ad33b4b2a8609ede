// A small interpreter for seccomp's BPF, to ask a compiled filter what it would answer.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <span>

namespace rs::policy {

// The answer to one call: a return value as in seccomp(2), "Filter return values". Knows the instructions
// that compilers of filters use, a part of what the kernel knows (Linux Documentation/networking/filter.rst);
// a program with any other, or one that leaves its own bounds, is answered with SECCOMP_RET_KILL_PROCESS.
std::uint32_t evaluate(std::span<const sock_filter> program, const seccomp_data& data);

}  // namespace rs::policy
