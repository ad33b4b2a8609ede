// What a filter may answer to a call, whatever its arguments are.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "supervisor/base/error.hpp"

namespace rs::policy {

// Every answer that some arguments may lead to; never too few. It may be one too many where a program looks
// at the same argument twice. Error: the program has an instruction that is not known here (those that are:
// bpf.hpp), or leaves its own bounds: then nothing can be said about it.
Result<std::set<std::uint32_t>> possible_answers(std::span<const sock_filter> program, int number,
                                                 std::uint32_t arch);

// How far the kernel lets a call go.
enum class Reach : unsigned char {
    never,
    some,  // it depends on the arguments, or on whoever watches (SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE)
    always,
};

// Through all filters of a process, of which the strictest counts (seccomp(2)).
Result<Reach> reach(std::span<const std::span<const sock_filter>> programs, int number, std::uint32_t arch);

// This machine's, AUDIT_ARCH_*.
std::uint32_t native_arch();

}  // namespace rs::policy
