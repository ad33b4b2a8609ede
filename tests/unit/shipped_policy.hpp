// The shipped profiles without anything that an administrator of this machine may have added.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "policy/library.hpp"
#include "policy/policy.hpp"
#include "policy/seccomp.hpp"

namespace rs::policy {

// Those that a program is run under; base, files and go are parts of them.
inline constexpr std::array kProxyProfiles{"caddy", "generic", "haproxy", "nginx", "traefik"};

inline Policy shipped(const std::string& name) {
    const auto policy =
        assemble(Library{"/nonexistent"}, {.profile = name, .allow = {}, .deny = {}, .access = {}});
    EXPECT_TRUE(policy) << policy.error().message;
    return policy.value_or(Policy{});
}

inline SeccompProgram compiled(const SyscallPolicy& policy) {
    const auto program = compile_filter(policy);
    EXPECT_TRUE(program) << program.error().message;
    return program.value_or(SeccompProgram{});
}

}  // namespace rs::policy
