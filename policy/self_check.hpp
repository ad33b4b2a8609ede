// Does the compiled program do what the policy says?
#pragma once

#include <linux/filter.h>

#include <span>

#include "policy/resolve.hpp"
#include "supervisor/base/error.hpp"

namespace rs::policy {

// Runs the program over every call number up to some way beyond the newest, every rule's arguments and their
// neighbours (each bit flipped), and foreign architectures. Error: the first difference.
Result<> check_program(const ResolvedPolicy& policy, std::span<const sock_filter> program);

}  // namespace rs::policy
