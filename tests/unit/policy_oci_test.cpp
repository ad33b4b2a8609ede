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
              "p.json: 'opnat' is no system call; did you mean 'openat'?");
    EXPECT_EQ(trouble(calls(entry("read", "TRACE"))),
              "p.json: action 'SCMP_ACT_TRACE' has no equivalent here");
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW", compare(0, 1, "GT")))),
              "p.json: system call 'read': comparison 'SCMP_CMP_GT' is not supported: only SCMP_CMP_EQ and "
              "SCMP_CMP_MASKED_EQ say the same in every combination of rules");
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW", compare(0, 1, "NE") + "," + compare(1, 1, "EQ")))),
              "p.json: system call 'read' has SCMP_CMP_NE beside other conditions, which has no equivalent "
              "by 'equal'");
    EXPECT_EQ(
        trouble(calls(entry("read", "ALLOW", compare(0, 1, "NE")) + "," +
                      entry("read", "ALLOW", compare(0, 2, "NE")))),
        "p.json: system call 'read' has SCMP_CMP_NE for two values of argument 0, one of which always holds");
    EXPECT_EQ(trouble(R"("architectures": ["SCMP_ARCH_MIPS"])").substr(0, 51),
              "p.json: the profile is not for this architecture, S");
}

TEST(OciProfile, GivesNoCallTwoAnswers) {
    const std::string wanted = "p.json: system call 'read' is answered in two ways for the same arguments";
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW") + "," + entry("read", "KILL", compare(0, 1, "EQ")))),
              wanted);
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW", compare(0, 1, "NE")) + "," +
                            entry("read", "KILL", compare(1, 1, "EQ")))),
              wanted);
    EXPECT_EQ(trouble(calls(entry("read", "ALLOW") + "," + entry("read", "ALLOW", compare(0, 1, "EQ")))),
              "none");
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
