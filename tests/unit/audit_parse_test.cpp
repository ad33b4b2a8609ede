#include <gmock/gmock.h>
#include <linux/seccomp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/audit/ask.hpp"
#include "supervisor/audit/filters.hpp"
#include "supervisor/audit/parse.hpp"

namespace rs::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kStatus =
    "Name:\tcaddy\nPPid:\t41\nUid:\t1000\t1001\t1002\t1003\nGid:\t5\t5\t5\t5\nGroups:\t5 27 \n"
    "CapInh:\t0000000000000001\nCapPrm:\t0000000000000002\nCapEff:\t0000000000000400\n"
    "CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:"
    "\t7\n";

TEST(AuditParse, ReadsAStatus) {
    const auto seen = parse_status(kStatus).value();
    EXPECT_EQ(seen.parent, 41);
    EXPECT_THAT(seen.uids, ElementsAre(1000, 1001, 1002, 1003));
    EXPECT_THAT(seen.groups, ElementsAre(5, 27));
    EXPECT_EQ(seen.capabilities, (CapabilitySets{1, 2, 0x400, 0x1ffffffffff, 0}));
    EXPECT_TRUE(seen.no_new_privileges);
    EXPECT_EQ(seen.filters, 7);
}

TEST(AuditParse, RefusesAStatusThatLacksASet) {
    std::string text{kStatus};
    text.replace(text.find("CapAmb"), 6, "CapXxx");
    EXPECT_FALSE(parse_status(text));
    EXPECT_FALSE(parse_status(""));
}

TEST(AuditParse, TellsThatAKernelDoesNotCountFilters) {
    std::string text{kStatus};
    text.erase(text.find("Seccomp_filters"));
    EXPECT_LT(parse_status(text).value().filters, 0);
}

TEST(AuditParse, ReadsMountsAndBothWaysToBeReadOnly) {
    const auto mounts = parse_mountinfo(
        "1 0 8:1 / / ro,relatime shared:1 - ext4 /dev/sda rw\n"
        "2 1 8:1 /x /with\\040blank rw - ext4 /dev/sda rw,errors=remount-ro\n"
        "3 1 0:2 / /image rw master:1 - squashfs /dev/loop0 ro\n"
        "no mount\n");
    ASSERT_EQ(mounts.size(), 3U);
    EXPECT_FALSE(mounts[0].writable);
    EXPECT_TRUE(mounts[1].writable);
    EXPECT_EQ(mounts[1].point, "/with blank");
    EXPECT_EQ(mounts[1].parent, 1);
    EXPECT_FALSE(mounts[2].writable);
    EXPECT_EQ(mounts[2].type, "squashfs");
}

TEST(AuditParse, ReadsTheMountOfADescriptor) {
    EXPECT_EQ(parse_mount_id("pos:\t0\nflags:\t0100000\nmnt_id:\t29\nino:\t4\n"), 29);
    EXPECT_EQ(parse_mount_id("pos:\t0\n"), -1);
}

TEST(AuditParse, ReadsIdMaps) {
    EXPECT_EQ(parse_id_map("         0       1000          1\n         1     100000      65536\n"),
              "0 1000 1; 1 100000 65536");
}

TEST(AuditAsk, TakesTheServingProxyAndNeverADrainingOne) {
    const auto told =
        parse_told(
            R"({"status":{"state":"replacing","supervisorPid":7,"configFile":"/c.toml","configChanged":true,
            "proxies":[{"role":"serving","pid":8},{"role":"starting","pid":9}],
            "namespaces":{"pausePid":3,"user":"user:[1]","network":"net:[2]"},
            "sockets":[{"fd":3,"address":"[::]:80"}]}})")
            .value();
    EXPECT_EQ(told.proxy_pid, 8);
    EXPECT_EQ(told.role, "serving");
    EXPECT_TRUE(told.config_changed);
    EXPECT_EQ(told.network_namespace, "net:[2]");
    EXPECT_THAT(told.sockets, ElementsAre(PassedSocket{3, "[::]:80"}));
    EXPECT_EQ(parse_told(R"({"status":{"state":"stopping","supervisorPid":7,"configFile":"/c.toml",
                              "proxies":[{"role":"draining","pid":8}]}})")
                  .value()
                  .proxy_pid,
              0);
}

TEST(AuditAsk, RefusesAnAnswerOfAnotherShape) {
    EXPECT_FALSE(parse_told("{}"));
    EXPECT_FALSE(parse_told("[1]"));
    EXPECT_FALSE(parse_told(R"({"status":{"state":7,"supervisorPid":"x","configFile":[]}})"));
    EXPECT_FALSE(parse_told("no JSON"));
}

TEST(AuditAsk, SaysThatNobodyListens) {
    const auto answer = ask("/nonexistent/control");
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("'/nonexistent/control': No such file or directory"));
}

TEST(AuditFilters, CannotBeDumpedFromAProcessThatIsGone) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(dump_filters(child));
}

}  // namespace
}  // namespace rs::audit
