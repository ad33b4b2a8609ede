#include "policy/bpf.hpp"

#include <cstddef>
#include <cstring>
#include <optional>

namespace rs::policy {
namespace {

// The kernel accepts only aligned words within the structure (kernel/seccomp.c, seccomp_check_filter).
std::optional<std::uint32_t> load_word(const seccomp_data& data, std::uint32_t offset) {
    std::uint32_t word = 0;
    if (offset % sizeof word != 0 || offset > sizeof data - sizeof word) return std::nullopt;
    std::memcpy(&word, reinterpret_cast<const std::byte*>(&data) + offset, sizeof word);
    return word;
}

std::optional<bool> condition(const sock_filter& jump, std::uint32_t accumulator) {
    switch (jump.code) {
        case BPF_JMP | BPF_JEQ | BPF_K:
            return accumulator == jump.k;
        case BPF_JMP | BPF_JGT | BPF_K:
            return accumulator > jump.k;
        case BPF_JMP | BPF_JGE | BPF_K:
            return accumulator >= jump.k;
        case BPF_JMP | BPF_JSET | BPF_K:
            return (accumulator & jump.k) != 0;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::uint32_t evaluate(std::span<const sock_filter> program, const seccomp_data& data) {
    std::uint32_t accumulator = 0;
    // Ends: jumps only lead forwards.
    for (std::size_t at = 0; at < program.size(); ++at) {
        const sock_filter& instruction = program[at];
        switch (instruction.code) {
            case BPF_LD | BPF_W | BPF_ABS: {
                const auto word = load_word(data, instruction.k);
                if (!word) return SECCOMP_RET_KILL_PROCESS;
                accumulator = *word;
                break;
            }
            case BPF_ALU | BPF_AND | BPF_K:
                accumulator &= instruction.k;
                break;
            case BPF_JMP | BPF_JA:
                at += instruction.k;
                break;
            case BPF_RET | BPF_K:
                return instruction.k;
            default: {
                const auto holds = condition(instruction, accumulator);
                if (!holds) return SECCOMP_RET_KILL_PROCESS;
                at += *holds ? instruction.jt : instruction.jf;
            }
        }
    }
    return SECCOMP_RET_KILL_PROCESS;
}

}  // namespace rs::policy
