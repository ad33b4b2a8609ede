#include "policy/bpf_answers.hpp"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <cstddef>
#include <format>
#include <optional>
#include <utility>
#include <vector>

namespace rs::policy {
namespace {

using Word = std::optional<std::uint32_t>;   // nothing: it depends on the arguments
using State = std::pair<std::size_t, Word>;  // where, with what in the accumulator

class Walk {
  public:
    Walk(std::span<const sock_filter> program, int number, std::uint32_t arch)
        : program_(program), number_(static_cast<std::uint32_t>(number)), arch_(arch) {}

    // Ends: jumps only lead forwards, and each place is met at most once with each of the few words that the
    // program's constants make of the two that are known.
    Result<std::set<std::uint32_t>> answers() {
        to(0, 0);
        while (!todo_.empty()) {
            const State state = todo_.back();
            todo_.pop_back();
            if (auto done = step(state); !done) return std::unexpected(done.error());
        }
        return std::move(answers_);
    }

  private:
    void to(std::size_t at, Word accumulator) {
        if (seen_.emplace(at, accumulator).second) todo_.emplace_back(at, accumulator);
    }

    [[nodiscard]] Word loaded(std::uint32_t offset) const {
        if (offset == offsetof(seccomp_data, nr)) return number_;
        if (offset == offsetof(seccomp_data, arch)) return arch_;
        return std::nullopt;
    }

    // Nothing: both ways are possible. An error is no comparison at all.
    static Result<std::optional<bool>> holds(const sock_filter& jump, Word accumulator) {
        const auto compared = [&](auto comparison) -> std::optional<bool> {
            if (!accumulator) return std::nullopt;
            return comparison(*accumulator);
        };
        switch (jump.code) {
            case BPF_JMP | BPF_JEQ | BPF_K:
                return compared([&](std::uint32_t word) { return word == jump.k; });
            case BPF_JMP | BPF_JGT | BPF_K:
                return compared([&](std::uint32_t word) { return word > jump.k; });
            case BPF_JMP | BPF_JGE | BPF_K:
                return compared([&](std::uint32_t word) { return word >= jump.k; });
            case BPF_JMP | BPF_JSET | BPF_K:
                return compared([&](std::uint32_t word) { return (word & jump.k) != 0; });
            default:
                return fail(std::format("instruction {:#x} is not known", jump.code));
        }
    }

    Result<> step(const State& state) {
        const auto& [at, accumulator] = state;
        if (at >= program_.size()) return fail("the program leaves its own bounds");
        const sock_filter& instruction = program_[at];
        switch (instruction.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                to(at + 1, loaded(instruction.k));
                return {};
            case BPF_ALU | BPF_AND | BPF_K:
                to(at + 1, accumulator ? Word{*accumulator & instruction.k} : std::nullopt);
                return {};
            case BPF_JMP | BPF_JA:
                to(at + 1 + instruction.k, accumulator);
                return {};
            case BPF_RET | BPF_K:
                answers_.insert(instruction.k);
                return {};
            default:
                break;
        }
        const auto condition = holds(instruction, accumulator);
        if (!condition) return std::unexpected(condition.error());
        if (condition->value_or(true)) to(at + 1 + instruction.jt, accumulator);
        if (!condition->value_or(false)) to(at + 1 + instruction.jf, accumulator);
        return {};
    }

    std::span<const sock_filter> program_;
    std::uint32_t number_, arch_;
    std::vector<State> todo_;
    std::set<State> seen_;
    std::set<std::uint32_t> answers_;
};

Reach reach_of(std::uint32_t answer) {
    switch (answer & SECCOMP_RET_ACTION_FULL) {
        case SECCOMP_RET_ALLOW:
        case SECCOMP_RET_LOG:
            return Reach::always;
        case SECCOMP_RET_TRACE:
        case SECCOMP_RET_USER_NOTIF:
            return Reach::some;
        default:
            return Reach::never;
    }
}

}  // namespace

Result<std::set<std::uint32_t>> possible_answers(std::span<const sock_filter> program, int number,
                                                 std::uint32_t arch) {
    return Walk{program, number, arch}.answers();
}

Result<Reach> reach(std::span<const std::span<const sock_filter>> programs, int number, std::uint32_t arch) {
    Reach strictest = Reach::always;
    for (const auto& program : programs) {
        const auto answers = possible_answers(program, number, arch);
        if (!answers) return std::unexpected(answers.error());
        const auto is = [](Reach wanted) {
            return [wanted](std::uint32_t a) { return reach_of(a) == wanted; };
        };
        Reach here = Reach::some;
        if (std::ranges::all_of(*answers, is(Reach::always))) here = Reach::always;
        if (std::ranges::all_of(*answers, is(Reach::never))) here = Reach::never;
        strictest = std::min(strictest, here);
    }
    return strictest;
}

std::uint32_t native_arch() {
    return ::seccomp_arch_native();  // the tokens of native architectures are AUDIT_ARCH_*
}

}  // namespace rs::policy
