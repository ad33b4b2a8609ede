#include "policy/self_check.hpp"

#include <linux/audit.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <format>

#include "policy/bpf.hpp"

namespace rs::policy {
namespace {

Result<> compare(const ResolvedPolicy& policy, std::span<const sock_filter> program,
                 const seccomp_data& data) {
    const Action wanted = decide(policy, data);
    const Action found = evaluate(program, data);
    if (wanted == found) return {};
    return fail(
        std::format("the compiled system call filter answers {:#x} instead of {:#x} to call {} of "
                    "architecture {:#x} with arguments {:#x} {:#x} {:#x} {:#x} {:#x} {:#x}",
                    found, wanted, data.nr, data.arch, data.args[0], data.args[1], data.args[2], data.args[3],
                    data.args[4], data.args[5]));
}

seccomp_data call_of(std::uint32_t arch, int number, std::uint64_t every_argument) {
    seccomp_data data{};
    data.nr = number;
    data.arch = arch;
    std::ranges::fill(data.args, every_argument);
    return data;
}

Result<> check_rules(const ResolvedPolicy& policy, std::span<const sock_filter> program, int number,
                     const CallPolicy& call) {
    for (const auto& rule : call.rules) {
        auto fitting = call_of(policy.arch, number, 0);
        for (const auto& condition : rule.conditions)
            fitting.args[condition.argument] = condition.value;
        for (const auto& condition : rule.conditions) {
            for (int bit = -1; bit < 64; ++bit) {
                auto data = fitting;
                data.args[condition.argument] ^= bit < 0 ? 0 : std::uint64_t{1} << bit;
                if (auto same = compare(policy, program, data); !same) return same;
            }
        }
    }
    return {};
}

}  // namespace

Result<> check_program(const ResolvedPolicy& policy, std::span<const sock_filter> program) {
    constexpr int kBeyond = 4096;  // also past what libseccomp may have rules of its own for
    constexpr std::array<std::uint32_t, 5> kArchitectures{AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,
                                                          AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, 0};
    constexpr std::array kValues{std::uint64_t{0}, ~std::uint64_t{0}};

    for (const std::uint64_t value : kValues) {
        for (int number = -1; number <= policy.newest + kBeyond; ++number) {
            auto same = compare(policy, program, call_of(policy.arch, number, value));
            if (!same) return same;
            same = compare(policy, program,
                           call_of(policy.arch, number | static_cast<int>(kForeignNumbers), value));
            if (!same) return same;
        }
    }
    for (const auto& [number, call] : policy.calls) {
        if (auto same = check_rules(policy, program, number, call); !same) return same;
        for (const std::uint32_t arch : kArchitectures) {
            if (auto same = compare(policy, program, call_of(arch, number, 0)); !same) return same;
        }
    }
    return {};
}

}  // namespace rs::policy
