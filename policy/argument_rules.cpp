#include "policy/argument_rules.hpp"

#include <linux/seccomp.h>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace rs::policy {
namespace {

using Code = std::vector<sock_filter>;

constexpr std::uint32_t kWhole = 0xffff'ffff;

// seccomp(2): programs see each 64-bit argument as two words in the machine's byte order.
std::uint32_t offset_of(unsigned argument, bool high) {
    const bool second = high == (std::endian::native == std::endian::little);
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t) +
                                      (second ? sizeof(std::uint32_t) : 0));
}

// The jump for "differs" is filled in by the caller, who knows where the next rule begins.
void test_word(Code& code, std::vector<std::size_t>& misses, std::uint32_t offset, std::uint32_t mask,
               std::uint32_t value) {
    if (mask == 0) return;
    code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
    if (mask != kWhole) code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
    misses.push_back(code.size());
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0));
}

void append(Code& code, const ArgumentRule& rule) {
    std::vector<std::size_t> misses;
    for (const auto& [argument, mask, value] : rule.conditions) {
        for (const bool high : {false, true}) {
            const unsigned shift = high ? 32 : 0;
            test_word(code, misses, offset_of(argument, high), static_cast<std::uint32_t>(mask >> shift),
                      static_cast<std::uint32_t>(value >> shift));
        }
    }
    code.push_back(BPF_STMT(BPF_RET | BPF_K, rule.action));
    // At most six arguments of two words of three instructions: fits the eight bits of a jump.
    for (const std::size_t miss : misses)
        code[miss].jf = static_cast<std::uint8_t>(code.size() - miss - 1);
}

}  // namespace

std::vector<sock_filter> argument_rules(const ResolvedPolicy& policy) {
    Code code;
    for (const auto& [number, call] : policy.calls) {
        if (call.rules.empty()) continue;
        Code answer;
        for (const auto& rule : call.rules)
            append(answer, rule);
        answer.push_back(BPF_STMT(BPF_RET | BPF_K, call.action));
        code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 1, 0));
        code.push_back(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(answer.size())));
        code.insert(code.end(), answer.begin(), answer.end());
    }
    return code;
}

}  // namespace rs::policy
