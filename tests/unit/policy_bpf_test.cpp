#include "policy/bpf.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rs::policy {
namespace {

constexpr std::uint32_t kYes = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kNo = SECCOMP_RET_ERRNO | 1;

sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter answer(std::uint32_t value) {
    return BPF_STMT(BPF_RET | BPF_K, value);
}
sock_filter jump(std::uint16_t comparison, std::uint32_t value, std::uint8_t then, std::uint8_t otherwise) {
    return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, then, otherwise);
}

// Answers kYes when the comparison with the call's number holds.
std::uint32_t compare(std::uint16_t comparison, std::uint32_t value, int number) {
    const std::vector<sock_filter> program{load(offsetof(seccomp_data, nr)), jump(comparison, value, 0, 1),
                                           answer(kYes), answer(kNo)};
    seccomp_data data{};
    data.nr = number;
    return evaluate(program, data);
}

TEST(Bpf, ComparesForEquality) {
    EXPECT_EQ(compare(BPF_JEQ, 7, 7), kYes);
    EXPECT_EQ(compare(BPF_JEQ, 7, 6), kNo);
    EXPECT_EQ(compare(BPF_JEQ, 7, 8), kNo);
}

TEST(Bpf, ComparesForOrder) {
    EXPECT_EQ(compare(BPF_JGT, 7, 8), kYes);
    EXPECT_EQ(compare(BPF_JGT, 7, 7), kNo);
    EXPECT_EQ(compare(BPF_JGE, 7, 7), kYes);
    EXPECT_EQ(compare(BPF_JGE, 7, 6), kNo);
}

TEST(Bpf, ComparesWithoutSign) {
    EXPECT_EQ(compare(BPF_JGT, 7, -1), kYes);
    EXPECT_EQ(compare(BPF_JGE, 0x8000'0000, 7), kNo);
}

TEST(Bpf, TestsBits) {
    EXPECT_EQ(compare(BPF_JSET, 0b0110, 0b0010), kYes);
    EXPECT_EQ(compare(BPF_JSET, 0b0110, 0b1001), kNo);
}

TEST(Bpf, MasksTheAccumulator) {
    const std::vector<sock_filter> program{load(offsetof(seccomp_data, nr)),
                                           BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
                                           jump(BPF_JEQ, 0x50, 0, 1), answer(kYes), answer(kNo)};
    seccomp_data data{};
    data.nr = 0x1'5a;
    EXPECT_EQ(evaluate(program, data), kYes);
    data.nr = 0x1'6a;
    EXPECT_EQ(evaluate(program, data), kNo);
}

TEST(Bpf, JumpsOverInstructions) {
    const std::vector<sock_filter> program{BPF_STMT(BPF_JMP | BPF_JA, 2), answer(kNo), answer(kNo),
                                           answer(kYes), answer(kNo)};
    EXPECT_EQ(evaluate(program, {}), kYes);
}

TEST(Bpf, ReadsEveryWordOfTheCall) {
    seccomp_data data{};
    for (std::size_t offset = 0; offset < sizeof data; offset += 4) {
        const std::vector<sock_filter> program{load(offset), jump(BPF_JEQ, 0xdead'beef, 0, 1), answer(kYes),
                                               answer(kNo)};
        EXPECT_EQ(evaluate(program, data), kNo) << offset;
        auto* bytes = reinterpret_cast<std::byte*>(&data);
        *reinterpret_cast<std::uint32_t*>(bytes + offset) = 0xdead'beef;
        EXPECT_EQ(evaluate(program, data), kYes) << offset;
    }
}

TEST(Bpf, KillsWhenAProgramReadsBesideTheCall) {
    for (const std::size_t offset : {sizeof(seccomp_data), std::size_t{2}, std::size_t{0xffff'fffc}}) {
        const std::vector<sock_filter> program{load(offset), answer(kYes)};
        EXPECT_EQ(evaluate(program, {}), SECCOMP_RET_KILL_PROCESS) << offset;
    }
}

TEST(Bpf, KillsWhenAProgramRunsOffItsEnd) {
    EXPECT_EQ(evaluate({}, {}), SECCOMP_RET_KILL_PROCESS);
    const std::vector<sock_filter> open_ended{load(0)};
    EXPECT_EQ(evaluate(open_ended, {}), SECCOMP_RET_KILL_PROCESS);
    const std::vector<sock_filter> astray{BPF_STMT(BPF_JMP | BPF_JA, 0xffff'ffff), answer(kYes)};
    EXPECT_EQ(evaluate(astray, {}), SECCOMP_RET_KILL_PROCESS);
    const std::vector<sock_filter> beyond{jump(BPF_JEQ, 0, 1, 0), answer(kYes)};
    EXPECT_EQ(evaluate(beyond, {}), SECCOMP_RET_KILL_PROCESS);
}

TEST(Bpf, KillsOnAnInstructionItDoesNotKnow) {
    const std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_IMM, 0), answer(kYes)};
    EXPECT_EQ(evaluate(program, {}), SECCOMP_RET_KILL_PROCESS);
}

}  // namespace
}  // namespace rs::policy
