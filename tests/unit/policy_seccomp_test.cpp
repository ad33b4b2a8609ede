// From a policy to a program, and the check of the one against the other.
#include "policy/seccomp.hpp"

#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "policy/bpf.hpp"
#include "policy/resolve.hpp"
#include "policy/self_check.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

SyscallPolicy small_policy() {
    return {.otherwise = kForbidden,
            .newest = "openat2",
            .calls = {{"read", {kAllow, {}}},
                      {"write", {kAllow, {}}},
                      {"socket", {kForbidden, {{{{0, 0xffff'ffff, AF_UNIX}}, kAllow}}}}}};
}

std::string refusal(const SyscallPolicy& policy) {
    const auto program = compile_filter(policy);
    return program ? "no error" : program.error().message;
}

TEST(CompileFilter, NamesACallThatDoesNotExist) {
    auto policy = small_policy();
    EXPECT_EQ(refusal(policy), "no error");
    policy.calls["raed"] = {kAllow, {}};
    EXPECT_EQ(refusal(policy), "'raed' is no system call; did you mean 'read'?");
}

TEST(CompileFilter, LeavesOutCallsOfOtherArchitecturesAndOfNewerKernels) {
    auto policy = small_policy();
    for (const char* name : {"mmap2", "arm_fadvise64_64", "s390_sthyi", "file_setattr"})
        policy.calls[name] = {kAllow, {}};
    EXPECT_EQ(refusal(policy), "no error");
}

TEST(CompileFilter, RefusesToAnswerTheSameArgumentsInTwoWays) {
    auto policy = small_policy();
    policy.calls["socket"].rules.push_back({{{0, 1, 1}}, kKill});
    EXPECT_EQ(refusal(policy), "two rules for 'socket' answer the same arguments differently");
    policy.calls["socket"].rules.back().action = kAllow;
    EXPECT_EQ(refusal(policy), "no error");
}

TEST(CompileFilter, RefusesRulesThatMakeNoSense) {
    const auto with = [](std::vector<Condition> conditions) {
        auto policy = small_policy();
        policy.calls["socketpair"] = {kForbidden, {{std::move(conditions), kAllow}}};
        return refusal(policy);
    };
    EXPECT_EQ(with({{0, 0xf, 0x10}}),
              "a rule for 'socketpair' can never match: value 0x10 has bits outside of mask 0xf");
    EXPECT_EQ(with({{6, 0xf, 1}}), "a rule for 'socketpair' is about argument 6; there are 0 to 5");
    EXPECT_EQ(with({{1, 1, 1}, {1, 2, 2}}), "a rule for 'socketpair' looks at argument 1 twice");
    EXPECT_EQ(with({}), "a rule for 'socketpair' has no condition");
}

Action answer(const SyscallPolicy& policy, int number, std::array<std::uint64_t, 6> arguments) {
    const auto program = compile_filter(policy);
    EXPECT_TRUE(program) << program.error().message;
    seccomp_data data{};
    data.nr = number;
    data.arch = seccomp_arch_native();
    std::ranges::copy(arguments, data.args);
    return evaluate(program->instructions, data);
}

TEST(CompileFilter, AsksForAllTheConditionsOfARule) {
    auto policy = small_policy();
    policy.calls["socket"] = {kAllow, {{{{0, ~0ULL, AF_NETLINK}, {2, ~0ULL, 9}}, kKill}}};
    EXPECT_EQ(answer(policy, SYS_socket, {AF_NETLINK, 3, 9}), kKill);
    EXPECT_EQ(answer(policy, SYS_socket, {AF_NETLINK, 3, 8}), kAllow);
    EXPECT_EQ(answer(policy, SYS_socket, {AF_UNIX, 3, 9}), kAllow);
    EXPECT_EQ(answer(policy, SYS_socket, {AF_NETLINK | 1ULL << 40, 3, 9}), kAllow);
}

TEST(CompileFilter, LooksAtBothHalvesOfAnArgument) {
    auto policy = small_policy();
    policy.calls["write"] = {kForbidden, {{{{2, 0xff00'0000'00ff, 0x1200'0000'0034}}, kAllow}}};
    EXPECT_EQ(answer(policy, SYS_write, {0, 0, 0x12ff'ffff'ff34}), kAllow);
    EXPECT_EQ(answer(policy, SYS_write, {0, 0, 0x13ff'ffff'ff34}), kForbidden);
    EXPECT_EQ(answer(policy, SYS_write, {0, 0, 0x12ff'ffff'ff35}), kForbidden);
}

// Each comparison and each answer of the filter counts.
TEST(SelfCheck, NoticesEveryTurnedComparisonAndEveryChangedAnswer) {
    const auto syscalls = shipped("generic").syscalls;
    const auto policy = resolve(syscalls);
    ASSERT_TRUE(policy);
    auto program = compile_filter(syscalls);
    ASSERT_TRUE(program);
    auto& instructions = program->instructions;
    ASSERT_TRUE(check_program(*policy, instructions));

    for (std::size_t at = 0; at < instructions.size(); ++at) {
        sock_filter& instruction = instructions[at];
        const sock_filter right = instruction;
        if (BPF_CLASS(right.code) == BPF_LD) continue;  // libseccomp loads some words again
        if (BPF_CLASS(right.code) == BPF_JMP && BPF_OP(right.code) != BPF_JA) {
            std::swap(instruction.jt, instruction.jf);
        } else {
            ++instruction.k;
        }
        EXPECT_FALSE(check_program(*policy, instructions)) << "at " << at;
        instruction = right;
    }
}

}  // namespace
}  // namespace rs::policy
