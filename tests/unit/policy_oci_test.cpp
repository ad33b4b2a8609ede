// Containers' seccomp profiles: containers-common's own, and what has no equivalent.
#include "policy/oci.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "policy/bpf.hpp"
#include "policy/policy.hpp"
#include "tests/unit/shipped_policy.hpp"

namespace rs::policy {
namespace {

constexpr const char* kContainersDefault = "/usr/share/containers/seccomp.json";

class ContainersDefault : public testing::Test {
  protected:
    void SetUp() override {
        std::ifstream file{kContainersDefault};
        ASSERT_TRUE(file.is_open()) << kContainersDefault << " of package golang-github-containers-common";
        std::ostringstream text;
        text << file.rdbuf();
        text_ = text.str();
    }

    [[nodiscard]] Action answer(int number, std::vector<std::uint64_t> arguments = {},
                                Capabilities kept = 0) const {
        const auto policy = parse_oci(text_, kContainersDefault, kept);
        EXPECT_TRUE(policy) << policy.error().text();
        if (!policy) return 0;
        const auto program = compiled(*policy);
        seccomp_data data{};
        data.nr = number;
        data.arch = seccomp_arch_native();
        std::ranges::copy(arguments, data.args);
        return evaluate(program.instructions, data);
    }

    std::string text_;
};

Capabilities capability(std::string_view name) {
    return capability_of(name).value_or(0);
}

TEST_F(ContainersDefault, AllowsAndRefusesAsItSays) {
    EXPECT_EQ(answer(SYS_openat), kAllow);
    EXPECT_EQ(answer(SYS_swapon), kForbidden);
    EXPECT_EQ(answer(SYS_personality, {0}), kAllow);
    EXPECT_EQ(answer(SYS_personality, {0x0040000}), kAbsent) << "its default";
}

TEST_F(ContainersDefault, DecidesByTheCapabilitiesKept) {
    EXPECT_EQ(answer(SYS_chroot), kForbidden);
    EXPECT_EQ(answer(SYS_chroot, {}, capability("CAP_SYS_CHROOT")), kAllow);
    EXPECT_EQ(answer(SYS_bpf), kForbidden);
    EXPECT_EQ(answer(SYS_bpf, {}, capability("CAP_BPF")), kAllow);
    EXPECT_EQ(answer(SYS_setns), kForbidden) << "it says both";
}

TEST_F(ContainersDefault, TakesNotEqualAsAnException) {
    constexpr std::uint64_t kAudit = 9;
    EXPECT_EQ(answer(SYS_socket, {AF_NETLINK, SOCK_RAW, kAudit}), refuse_with(EINVAL));
    EXPECT_EQ(answer(SYS_socket, {AF_NETLINK, SOCK_RAW, 0}), kAllow);
    EXPECT_EQ(answer(SYS_socket, {AF_INET, SOCK_RAW, kAudit}), kAllow);
    EXPECT_EQ(answer(SYS_socket, {AF_NETLINK, SOCK_RAW, kAudit}, capability("CAP_AUDIT_WRITE")), kAllow);
}

TEST_F(ContainersDefault, CanBeThePolicyOfAProxy) {
    const auto policy = assemble(Library{}, {.profile = kContainersDefault, .deny = {"ptrace"}});
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->syscalls.calls.at("ptrace").action, kAbsent);
    EXPECT_FALSE(policy->access.restricts());
}

// `body` is the rest of the object after its default.
std::string trouble(const std::string& body) {
    const std::string text =
        R"({"defaultAction": "SCMP_ACT_ERRNO")" + (body.empty() ? "" : ", " + body) + "}";
    const auto policy = parse_oci(text, "p.json", 0);
    return policy ? "none" : policy.error().text();
}

std::string entry(const std::string& name, const std::string& action, const std::string& args = "") {
    return R"({"names": [")" + name + R"("], "action": "SCMP_ACT_)" + action + R"(", "args": [)" + args +
           "]}";
}

std::string calls(const std::string& entries) {
    return R"("syscalls": [)" + entries + "]";
}

std::string compare(int index, int value, const std::string& op) {
    return R"({"index": )" + std::to_string(index) + R"(, "value": )" + std::to_string(value) +
           R"(, "op": "SCMP_CMP_)" + op + "\"}";
}

TEST(OciProfile, SaysWhereItIsNoJson) {
    const auto policy = parse_oci("{\"defaultAction\":\n  oops}", "p.json", 0);
    ASSERT_FALSE(policy);
    EXPECT_TRUE(policy.error().text().starts_with("p.json:2:")) << policy.error().text();
    EXPECT_FALSE(parse_oci("", "p.json", 0));
    EXPECT_FALSE(parse_oci("[]", "p.json", 0));
    EXPECT_FALSE(parse_oci(std::string("{}\0", 3), "p.json", 0));
}

TEST(OciProfile, NamesWhatHasNoEquivalent) {
    EXPECT_EQ(trouble(""), "none");
    EXPECT_EQ(trouble(calls(entry("opnat", "ALLOW"))),
              "p.json:1:50: 'opnat' is no system call; did you mean 'openat'?");
    EXPECT_EQ(trouble(calls(entry("read", "TRACE"))),
              "p.json:1:50: action 'SCMP_ACT_TRACE' has no equivalent here");
    EXPECT_EQ(
        trouble(calls(entry("read", "ALLOW", compare(0, 1, "GT")))),
        "p.json:1:50: system call 'read': comparison 'SCMP_CMP_GT' is not supported: only SCMP_CMP_EQ and "
        "SCMP_CMP_MASKED_EQ say the same in every combination of rules");
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW", compare(0, 1, "NE") + "," + compare(1, 1, "EQ")))),
              "p.json: system call 'read': its answers have no equivalent by 'equal' alone");
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW", compare(0, 1, "NE")) + "," +
                            entry("read", "KILL", compare(1, 1, "EQ")))),
              "p.json: system call 'read': its answers have no equivalent by 'equal' alone");
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW", compare(0, 1, "NE") + "," + compare(0, 2, "NE")))),
              "p.json: system call 'read': an entry compares argument 0 twice, which container runtimes read "
              "in different ways");
    EXPECT_EQ(
        trouble("\n \"syscalls\": [\n  " + entry("read", "ALLOW") + ",\n  " + entry("opnat", "ALLOW") + "]"),
        "p.json:4:3: 'opnat' is no system call; did you mean 'openat'?");
    EXPECT_EQ(trouble(R"("architectures": ["SCMP_ARCH_MIPS"])").substr(0, 51),
              "p.json: the profile is not for this architecture, S");
}

Action answer_to(const std::string& entries, std::uint64_t first, std::uint64_t second) {
    const std::string text =
        R"({"defaultAction": "SCMP_ACT_ERRNO", )" + calls(entries + "," + entry("exit", "ALLOW")) + "}";
    const auto policy = parse_oci(text, "p.json", 0);
    EXPECT_TRUE(policy) << policy.error().text();
    if (!policy) return 0;
    seccomp_data data{};
    data.nr = SYS_read;
    data.arch = seccomp_arch_native();
    data.args[0] = first;
    data.args[1] = second;
    return evaluate(compiled(*policy).instructions, data);
}

TEST(OciProfile, OfSeveralAnswersTheStrictestCounts) {
    const auto allowed_but = entry("read", "ALLOW") + "," + entry("read", "KILL", compare(0, 1, "EQ"));
    EXPECT_EQ(answer_to(allowed_but, 0, 0), kAllow);
    EXPECT_EQ(answer_to(allowed_but, 1, 0), kKill);
    const auto always = entry("read", "KILL") + "," + entry("read", "ALLOW", compare(0, 1, "EQ"));
    EXPECT_EQ(answer_to(always, 1, 0), kKill);
}

TEST(OciProfile, TakesNotEqualBesideOtherConditions) {
    // As containers-common has it for socket from 0.67 on: all but 40, and of 16 all but 9.
    const auto entries = entry("read", "KILL", compare(0, 40, "EQ")) + "," +
                         entry("read", "KILL", compare(0, 16, "EQ") + "," + compare(1, 9, "EQ")) + "," +
                         entry("read", "ALLOW", compare(0, 16, "EQ") + "," + compare(1, 9, "NE")) + "," +
                         entry("read", "ALLOW", compare(0, 16, "NE"));
    EXPECT_EQ(answer_to(entries, 2, 9), kAllow);
    EXPECT_EQ(answer_to(entries, 16, 0), kAllow);
    EXPECT_EQ(answer_to(entries, 16, 9), kKill);
    EXPECT_EQ(answer_to(entries, 40, 0), kKill);
    EXPECT_EQ(answer_to(entries, 40, 9), kKill);
    const auto either =
        entry("read", "ALLOW", compare(0, 1, "NE")) + "," + entry("read", "ALLOW", compare(0, 2, "NE"));
    EXPECT_EQ(answer_to(either, 1, 0), kAllow);
    EXPECT_EQ(answer_to(either, 2, 0), kAllow);
}

TEST(OciProfile, RefusesMoreCombinationsThanItCanLookAt) {
    std::string entries = entry("read", "ALLOW");
    for (int index = 0; index < 6; ++index) {
        for (int value = 0; value < 10; ++value)
            entries += "," + entry("read", "KILL", compare(index, value, "EQ"));
    }
    EXPECT_EQ(trouble(calls(entries)),
              "p.json: system call 'read': its arguments are compared with too many values");
}

TEST(OciProfile, MustRefuseByDefault) {
    const auto policy = parse_oci(R"({"defaultAction": "SCMP_ACT_ALLOW"})", "p.json", 0);
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().text(),
              "p.json: its default action must refuse: a profile names what is allowed");
}

TEST(OciProfile, LooksAtTheKernelsVersion) {
    const auto allowed = [](const std::string& includes) {
        const std::string text = R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["ptrace"],
            "action": "SCMP_ACT_ALLOW", "includes": )" +
                                 includes + "}]}";
        const auto policy = parse_oci(text, "p.json", 0);
        return policy && policy->calls.contains("ptrace");
    };
    EXPECT_TRUE(allowed(R"({"minKernel": "4.8"})"));
    EXPECT_FALSE(allowed(R"({"minKernel": "99.0"})"));
    EXPECT_FALSE(allowed(R"({"minKernel": "new"})"));
    EXPECT_FALSE(allowed(R"({"arches": ["mips"]})"));
}

}  // namespace
}  // namespace rs::policy
