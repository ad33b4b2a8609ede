#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <format>
#include <string>
#include <vector>

#include "policy/names.hpp"
#include "policy/show.hpp"

namespace rs::policy {
namespace {

std::string loaded(std::uint32_t offset) {
    if (offset == offsetof(seccomp_data, nr)) return "number";
    if (offset == offsetof(seccomp_data, arch)) return "architecture";
    constexpr auto kArguments = offsetof(seccomp_data, args);
    if (offset < kArguments) return std::format("word at {}", offset);
    const auto word = (offset - kArguments) / sizeof(std::uint32_t);
    return std::format("{} half of argument {}", word % 2 == 0 ? "first" : "second", word / 2);
}

std::string comparison(const sock_filter& jump) {
    switch (BPF_OP(jump.code)) {
        case BPF_JEQ:
            return std::format("A == {:#x}", jump.k);
        case BPF_JGT:
            return std::format("A > {:#x}", jump.k);
        case BPF_JGE:
            return std::format("A >= {:#x}", jump.k);
        default:
            return std::format("A & {:#x}", jump.k);
    }
}

std::string line(const sock_filter& instruction, std::size_t at, bool number) {
    const std::size_t next = at + 1;
    switch (BPF_CLASS(instruction.code)) {
        case BPF_LD:
            return "A = " + loaded(instruction.k);
        case BPF_ALU:
            return std::format("A &= {:#x}", instruction.k);
        case BPF_RET:
            return "return " + action_text(instruction.k);
        default:
            break;
    }
    if (BPF_OP(instruction.code) == BPF_JA) return std::format("goto {}", next + instruction.k);
    const bool named = number && BPF_OP(instruction.code) == BPF_JEQ;
    const std::string name = named ? call_name(static_cast<int>(instruction.k)) : "";
    return std::format("if ({}) goto {} else goto {}{}", comparison(instruction), next + instruction.jt,
                       next + instruction.jf, name.empty() ? "" : "    # " + name);
}

// Whether the accumulator is sure to hold the call's number, before each instruction. Jumps only lead
// forwards, so one pass sees every way to an instruction before the instruction itself.
std::vector<bool> holds_number(std::span<const sock_filter> program) {
    std::vector<bool> reached(program.size() + 1);
    std::vector<bool> number(program.size() + 1);
    for (std::size_t at = 0; at < program.size(); ++at) {
        const auto& instruction = program[at];
        const auto type = BPF_CLASS(instruction.code);
        const bool after =
            type == BPF_LD ? instruction.k == offsetof(seccomp_data, nr) : number[at] && type != BPF_ALU;
        const auto go = [&](std::size_t target) {
            target = std::min(target, program.size());
            number[target] = after && (number[target] || !reached[target]);
            reached[target] = true;
        };
        if (type == BPF_RET) continue;
        const bool conditional = type == BPF_JMP && BPF_OP(instruction.code) != BPF_JA;
        if (type != BPF_JMP) go(at + 1);
        if (type == BPF_JMP && !conditional) go(at + 1 + instruction.k);
        if (conditional) go(at + 1 + instruction.jt);
        if (conditional) go(at + 1 + instruction.jf);
    }
    return number;
}

}  // namespace

std::string pseudo_code(std::span<const sock_filter> program) {
    const auto number = holds_number(program);
    std::string text;
    for (std::size_t at = 0; at < program.size(); ++at)
        text += std::format("{:4}  {}\n", at, line(program[at], at, number[at]));
    return text;
}

}  // namespace rs::policy
