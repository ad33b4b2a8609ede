#include "policy/bpf_answers.hpp"

#include <gmock/gmock.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <cstddef>
#include <vector>

#include "policy/names.hpp"
#include "policy/seccomp.hpp"

namespace rs::policy {
namespace {

using ::testing::ElementsAre;

constexpr std::uint32_t kYes = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kNo = SECCOMP_RET_ERRNO | 1;
constexpr std::uint32_t kLow = offsetof(seccomp_data, args);

using Program = std::vector<sock_filter>;

// Allows the call 7 when bit 2 of its first argument is set.
Program by_argument() {
    return {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kLow),
            BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, kYes),
            BPF_STMT(BPF_RET | BPF_K, kNo)};
}

Program always(std::uint32_t answer) {
    return {BPF_STMT(BPF_RET | BPF_K, answer)};
}

Reach reach_through(const std::vector<Program>& programs, int number) {
    const std::vector<std::span<const sock_filter>> views{programs.begin(), programs.end()};
    return reach(views, number, native_arch()).value();
}

TEST(BpfAnswers, AreAllThatArgumentsCanLeadTo) {
    EXPECT_THAT(possible_answers(by_argument(), 7, native_arch()).value(), ElementsAre(kNo, kYes));
    EXPECT_THAT(possible_answers(by_argument(), 8, native_arch()).value(), ElementsAre(kNo));
}

TEST(BpfAnswers, KeepWhatIsKnownApartFromWhatIsNot) {
    Program masked = by_argument();
    masked[0] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    masked[1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 3);
    EXPECT_THAT(possible_answers(masked, 7, AUDIT_ARCH_X86_64).value(), ElementsAre(kNo));
}

TEST(BpfAnswers, AreNoneForAnInstructionThatIsNotKnown) {
    const Program sum{BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, kYes)};
    const auto answers = possible_answers(sum, 7, native_arch());
    ASSERT_FALSE(answers);
    EXPECT_EQ(answers.error().message, "instruction 0x4 is not known");
}

TEST(BpfAnswers, AreNoneForAProgramWithoutAnEnd) {
    const Program endless{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kLow)};
    ASSERT_FALSE(possible_answers(endless, 7, native_arch()));
}

TEST(Reach, IsThatOfTheStrictestFilter) {
    EXPECT_EQ(reach_through({}, 7), Reach::always);
    EXPECT_EQ(reach_through({always(kYes), by_argument()}, 7), Reach::some);
    EXPECT_EQ(reach_through({by_argument(), always(kNo), always(kYes)}, 7), Reach::never);
    EXPECT_EQ(reach_through({always(SECCOMP_RET_LOG)}, 7), Reach::always);
    EXPECT_EQ(reach_through({always(SECCOMP_RET_USER_NOTIF)}, 7), Reach::some);
    EXPECT_EQ(reach_through({always(SECCOMP_RET_KILL_PROCESS)}, 7), Reach::never);
}

TEST(Reach, OfACompiledPolicyIsWhatThePolicySays) {
    const SyscallPolicy policy{
        .otherwise = kForbidden,
        .newest = {},
        .calls = {{"read", {kAllow, {}}},
                  {"socket", {kForbidden, {{.conditions = {{0, ~0ULL, 1}}, .action = kAllow}}}},
                  {"ptrace", {kKill, {}}}}};
    const auto program = compile_filter(policy).value().instructions;
    const std::vector<Program> programs{program};
    EXPECT_EQ(reach_through(programs, SYS_read), Reach::always);
    EXPECT_EQ(reach_through(programs, SYS_socket), Reach::some);
    EXPECT_EQ(reach_through(programs, SYS_ptrace), Reach::never);
    EXPECT_EQ(reach_through(programs, SYS_write), Reach::never);
}

}  // namespace
}  // namespace rs::policy
