#include "supervisor/audit/compare.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "policy/asking.hpp"
#include "policy/seccomp.hpp"
#include "supervisor/audit/print.hpp"

namespace rs::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kBind = 1U << 10U;

std::vector<sock_filter> filter_of(std::vector<std::string> allowed) {
    policy::SyscallPolicy policy{.otherwise = policy::kForbidden, .newest = "futex_requeue", .calls = {}};
    for (const auto& name : allowed)
        policy.calls[name] = {policy::kAllow, {}};
    return policy::compile_filter(policy).value().instructions;
}

struct Case {
    Facts facts;
    Promise promise;
    std::optional<Filters> filters;
    Case() {
        const std::vector<sock_filter> units = filter_of({"read", "write", "exit"});
        promise.config_file = promise.told.config_file = "/etc/rootless-supervisor/x.toml";
        promise.filter = filter_of({"read", "exit", "getpid"});
        promise.told.role = "serving";
        promise.told.user_namespace = "user:[1]";
        promise.told.network_namespace = "net:[2]";
        promise.told.sockets = {{3, "[::]:80"}};
        promise.supervisor.filters = 1;
        promise.supervisor.uids = {1000, 1000, 1000, 1000};
        promise.namespaces = {{"mnt", "mnt:[3]"}, {"ipc", "ipc:[4]"}};
        promise.pause_namespaces = {{"mnt", "mnt:[9]"}};
        promise.access.write = {{"${XDG_DATA_HOME}", false}, {"/tmp", false}, {"/var/log/x", false}};
        promise.environment.emplace()["XDG_DATA_HOME"] = "/srv/data";
        facts.pid = 77;
        facts.program = "caddy";
        facts.main = promise.supervisor;
        facts.main.filters = 2;
        facts.main.no_new_privileges = true;
        facts.threads = facts.processes = 1;
        facts.namespaces = {{"user", "user:[1]"}, {"net", "net:[2]"}, {"mnt", "mnt:[3]"}, {"ipc", "ipc:[4]"}};
        facts.mounts = {{1, 0, "/", "ext4", false},        {2, 1, "/tmp", "tmpfs", true},
                        {3, 1, "/srv/data", "ext4", true}, {4, 1, "/dev", "tmpfs", true},
                        {5, 4, "/dev/shm", "tmpfs", true}, {6, 1, "/proc", "proc", true}};
        facts.descriptors = {{0, "/dev/null", 99, true, {}},
                             {3, "socket:[5]", 8, false, Listener{"stream", "[::]:80", 80}},
                             {4, "/srv/data/lock", 3, false, {}}};
        filters = Filters{.programs = {units, promise.filter}, .stopped = std::chrono::microseconds{900}};
    }
    [[nodiscard]] Report report() const { return compare("x", facts, promise, filters, "no root"); }
    // What differs, one line each.
    [[nodiscard]] std::string differences() const {
        std::string all;
        for (const auto& finding : report().findings) {
            if (finding.verdict == Verdict::differs) all += finding.topic + ": " + finding.found + "\n";
        }
        return all;
    }
};

TEST(Audit, FindsNothingWhereAllIsAsPromised) {
    const Case c;
    EXPECT_EQ(c.differences(), "");
    EXPECT_TRUE(c.report().as_promised());
    EXPECT_EQ(c.report().calls.always, (std::vector<std::string>{"exit", "read"}));
    EXPECT_EQ(c.report().calls.unit_keeps, (std::vector<std::string>{"getpid"}));
}

TEST(Audit, WithoutTheKernelsFiltersSaysSoAndTakesThePromise) {
    Case c;
    c.filters.reset();
    EXPECT_EQ(c.differences(), "");
    EXPECT_EQ(c.report().calls.always, (std::vector<std::string>{"exit", "getpid", "read"}));
    EXPECT_THAT(text(c.report(), {}), HasSubstr("as the configuration promises; no root"));
}

TEST(Audit, NamesACapabilityTooManyAndOneTooFew) {
    Case c;
    c.facts.main.capabilities.bounding = kBind;
    EXPECT_THAT(c.differences(), HasSubstr("capabilities: effective none; permitted none; bounding "
                                           "CAP_NET_BIND_SERVICE;"));
    c.promise.capabilities = kBind;
    EXPECT_THAT(c.differences(), HasSubstr("capabilities: "));
    c.facts.main.capabilities = {
        .inheritable = 0, .permitted = kBind, .effective = kBind, .bounding = kBind, .ambient = 0};
    EXPECT_EQ(c.differences(), "");
}

TEST(Audit, NamesAConfigurationThatHasChanged) {
    Case c;
    c.promise.told.config_changed = true;
    EXPECT_THAT(c.differences(),
                HasSubstr("configuration: /etc/rootless-supervisor/x.toml has changed since"));
    c.promise.told.config_file = "/tmp/y.toml";
    EXPECT_THAT(c.differences(), HasSubstr("configuration: the service runs with /tmp/y.toml"));
}

TEST(Audit, NamesWhatTheFirstThreadLacks) {
    Case c;
    c.facts.main.no_new_privileges = false;
    c.facts.main.uids[1] = 0;
    c.facts.strays = {"9 (worker)"};
    c.facts.label = "unconfined";
    EXPECT_THAT(c.differences(), HasSubstr("no_new_privs: not set"));
    EXPECT_THAT(c.differences(), HasSubstr("user: user 1000/0/1000/1000"));
    EXPECT_THAT(c.differences(), HasSubstr("threads: 1 in 1 process; otherwise confined: 9 (worker)"));
    EXPECT_THAT(c.differences(), HasSubstr("security module: unconfined"));
}

TEST(Audit, NamesNamespacesOfOthers) {
    Case c;
    c.facts.namespaces["net"] = "net:[7]";
    c.facts.namespaces["mnt"] = "mnt:[9]";
    c.facts.namespaces["ipc"] = "ipc:[7]";
    EXPECT_THAT(c.differences(), HasSubstr("net namespace: net:[7]"));
    EXPECT_THAT(c.differences(),
                HasSubstr("mnt namespace: mnt:[9]"));  // Podman's: the unit's sandbox is gone
    EXPECT_THAT(c.differences(), HasSubstr("ipc namespace: ipc:[7]"));
    c = Case{};
    c.facts.namespaces["mnt"] = "mnt:[7]";  // the launcher's own, for resolv.conf
    EXPECT_EQ(c.differences(), "");
}

TEST(Audit, NamesFiltersThatAreNotThePromisedOnes) {
    Case c;
    c.filters->programs.push_back(filter_of({"read"}));
    EXPECT_THAT(c.differences(), HasSubstr("filters: 3 (number 2, instruction for instruction)"));
    c.filters->programs = {filter_of({"read", "write"}), filter_of({"read", "write", "getuid"})};
    EXPECT_THAT(c.differences(),
                HasSubstr("filters: 2, of which none is the one that the configuration makes"));
    EXPECT_THAT(c.differences(), HasSubstr("beyond the promise: write"));
    c.filters.reset();
    c.facts.main.filters = 1;
    EXPECT_THAT(c.differences(), HasSubstr("filters: 1"));
}

TEST(Audit, TakesAFilterThatAsksTheSupervisorBeforeItRefusesForTheSame) {
    Case c;
    c.promise.asking = policy::asking({c.promise.filter}).instructions;
    c.filters->programs[1] = c.promise.asking;
    EXPECT_EQ(c.differences(), "");
    EXPECT_THAT(text(c.report(), {}),
                HasSubstr("(number 2, instruction for instruction; the supervisor hears of"));
    c.promise.asking.clear();  // then somebody else's answers decide
    EXPECT_THAT(c.differences(), HasSubstr("filters: 2, of which none"));
    EXPECT_THAT(c.differences(), HasSubstr("beyond the promise: write"));
}

TEST(Audit, DoesNotGuessAtAFilterThatItDoesNotUnderstand) {
    Case c;
    c.filters->programs[0] = {BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_RET | BPF_K, 0)};
    EXPECT_THAT(c.differences(),
                HasSubstr("system calls: cannot be told: a filter of the process is not understood"));
}

TEST(Audit, NamesWritableMountsThatNobodyPromised) {
    Case c;
    c.facts.mounts.push_back({7, 1, "/srv/static", "ext4", true});
    EXPECT_EQ(c.differences(),
              "writable too: /srv/static: the unit mounts it so, only Landlock stands before it\n");
    c.promise.access.write->push_back({"/srv", true});
    EXPECT_EQ(c.differences(), "");
    EXPECT_THAT(text(c.report(), {}), HasSubstr("/srv/data, /srv/static, /tmp"));
}

TEST(Audit, LeavesTheSupervisorsOwnDirectoryToLandlock) {
    Case c;
    c.facts.mounts.push_back({7, 1, "/run/rootless-supervisor/x", "tmpfs", true});
    EXPECT_THAT(c.differences(), HasSubstr("writable too: /run/rootless-supervisor/x"));
    c.promise.environment->emplace("RUNTIME_DIRECTORY", "/run/rootless-supervisor/x:/run/x");
    EXPECT_EQ(c.differences(), "");
    EXPECT_THAT(text(c.report(), {}),
                HasSubstr("/run/rootless-supervisor/x, the supervisor's own; by Landlock alone"));
    c.facts.mounts.push_back({8, 1, "/run/x", "tmpfs", true});
    EXPECT_THAT(c.differences(), HasSubstr("writable too: /run/x"));
}

TEST(Audit, CountsOnlyMountsThatCanBeReached) {
    Case c;
    c.facts.mounts.push_back({7, 1, "/srv/static", "ext4", true});
    c.facts.mounts.push_back({8, 7, "/srv/static", "ext4", false});  // on top of it
    EXPECT_EQ(c.differences(), "");
    c.facts.mounts.push_back({9, 1, "/opt/deep", "ext4", true});
    c.facts.mounts.push_back({10, 1, "/opt", "ext4", false});  // over the directory above it
    EXPECT_EQ(c.differences(), "");
    c.facts.mounts.push_back({11, 10, "/opt/deep", "ext4", true});  // and one inside of that
    EXPECT_THAT(c.differences(), HasSubstr("/opt/deep"));
}

TEST(Audit, DoesNotJudgePathsWithoutAList) {
    Case c;
    c.facts.mounts[0].writable = true;
    c.promise.access.write.reset();
    EXPECT_EQ(c.differences(), "");
    c = Case{};
    c.facts.mounts[0].writable = true;
    EXPECT_THAT(c.differences(), HasSubstr("writable too: /:"));
    c.promise.environment.reset();
    EXPECT_THAT(text(c.report(), {}), HasSubstr("the variables in [policy]'s paths are not known"));
}

TEST(Audit, TellsSocketsOfSystemdFromItsOwn) {
    Case c;
    c.facts.descriptors.push_back({7, "socket:[8]", 8, false, Listener{"stream", "127.0.0.1:2019", 2019}});
    EXPECT_THAT(text(c.report(), {}), HasSubstr("127.0.0.1:2019, by itself"));
    EXPECT_EQ(c.differences(), "");
    c.promise.access.tcp_bind = {8080};
    EXPECT_EQ(c.differences(), "listens beyond: 127.0.0.1:2019, by itself\n");
    c.promise.access.tcp_bind = {2019};
    EXPECT_EQ(c.differences(), "");
}

TEST(Audit, NamesDescriptorsThatLeadOut) {
    Case c;
    c.facts.descriptors.push_back({9, "/run/user", 1234, false, {}});
    EXPECT_THAT(c.differences(), HasSubstr("out of its mounts leads 9 (/run/user)"));
    c.facts.descriptors.back() = {9, "net:[4026531840]", 4, false, {}};
    EXPECT_THAT(c.differences(), HasSubstr("of the kernel's: 9 (net:[4026531840])"));
}

TEST(AuditPrint, MarksWithoutSymbolsAndColoursUnlessTheyAreWanted) {
    Case c;
    c.facts.main.no_new_privileges = false;
    const auto plain = text(c.report(), {});
    EXPECT_THAT(plain, HasSubstr("\n  ! no_new_privs "));
    EXPECT_THAT(plain, HasSubstr("\n  + capabilities "));
    EXPECT_THAT(plain, HasSubstr("promised: set\n"));
    EXPECT_THAT(plain, HasSubstr("1 difference from the promise. Its first thread stood still for 0.9 ms."));
    EXPECT_TRUE(std::ranges::all_of(
        plain, [](char letter) { return letter == '\n' || (letter >= ' ' && letter < 127); }));
    EXPECT_THAT(text(c.report(), {.symbols = true, .colour = true}),
                HasSubstr("\x1b[31m✗\x1b[0m no_new_privs"));
    EXPECT_THAT(text(c.report(), {.symbols = true, .colour = false}), Not(HasSubstr("\x1b")));
}

TEST(AuditPrint, SaysTheSameInJson) {
    const Case c;
    const auto json = audit::json(c.report()).text();
    EXPECT_THAT(json, HasSubstr(R"("name":"x","asPromised":true,"pid":77)"));
    EXPECT_THAT(json, HasSubstr(R"("source":"kernel","reachable":["exit","read"])"));
    EXPECT_THAT(pretty(audit::json(c.report())), HasSubstr("\n\t\"asPromised\" : true"));
}

}  // namespace
}  // namespace rs::audit
