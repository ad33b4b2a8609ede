// What the control socket tells, without the socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "supervisor/base/fd.hpp"
#include "supervisor/base/process.hpp"
#include "supervisor/control/confinement.hpp"
#include "supervisor/control/interface.h"
#include "supervisor/control/journal.hpp"
#include "supervisor/control/json.hpp"
#include "supervisor/control/listener.hpp"
#include "supervisor/control/metrics.hpp"
#include "supervisor/control/peer.hpp"
#include "supervisor/service/machine.hpp"

namespace rs::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Status full_status() {
    Status status;
    status.name = "caddy";
    status.version = "1";
    status.state = "running";
    status.why = "why";
    status.until = Time{};
    status.waiting_for = {{.what = "pause process", .met = true, .detail = "process 7"}};
    status.proxies = {{.role = "serving",
                       .pid = 7,
                       .started = Time{std::chrono::seconds{5}},
                       .ready = Time{},
                       .cause = "start",
                       .network_namespace = "net:[1]",
                       .status_text = "ready",
                       .healthy = true}};
    status.namespaces = Namespaces{.pause_pid = 1, .user = "user:[1]", .network = "net:[1]"};
    status.names = Names{.address = "10.89.0.1", .network = "mynet", .others = {"other"}};
    status.sockets = {{.fd = 3,
                       .name = "caddy.socket",
                       .protocol = "stream",
                       .address = "[::]:80",
                       .queue = 2,
                       .backlog = 4}};
    status.health =
        Health{.probe = "tcp 127.0.0.1:80", .healthy = false, .failures = 1, .retries = 3, .last_text = "x"};
    status.watchdog = {
        .systemd = std::chrono::seconds{30}, .proxy = std::chrono::seconds{1}, .last_ping = Time{}};
    status.policy = Policy{.profile = "proxy", .capabilities = {"cap_chown"}};
    status.events = {{.time = Time{}, .state = "running", .warning = false, .text = "text"}};
    return status;
}

const sd_varlink_symbol* symbol(std::string_view name) {
    const auto* const* each = rs_control_interface()->symbols;
    for (; *each != nullptr; ++each) {
        if ((*each)->name != nullptr && (*each)->name == name) return *each;
    }
    return nullptr;
}

std::set<std::string> fields_of(const sd_varlink_symbol& symbol) {
    std::set<std::string> names;
    for (const auto* field = symbol.fields; field->name != nullptr; ++field) {
        if (field->field_type != _SD_VARLINK_FIELD_COMMENT) names.insert(field->name);
    }
    return names;
}

// That the JSON has exactly the interface's fields, with their types, all the way down.
void expect_as_declared(sd_json_variant* value, const sd_varlink_symbol& declared) {
    ASSERT_TRUE(sd_json_variant_is_object(value)) << declared.name;
    EXPECT_EQ(sd_json_variant_elements(value), 2 * fields_of(declared).size()) << declared.name;
    for (const auto* field = declared.fields; field->name != nullptr; ++field) {
        if (field->field_type == _SD_VARLINK_FIELD_COMMENT) continue;
        SCOPED_TRACE(std::string{declared.name} + "." + field->name);
        sd_json_variant* member = sd_json_variant_by_key(value, field->name);
        ASSERT_NE(member, nullptr);
        if ((field->field_flags & SD_VARLINK_ARRAY) != 0) {
            ASSERT_TRUE(sd_json_variant_is_array(member));
            if (sd_json_variant_elements(member) == 0) continue;
            member = sd_json_variant_by_index(member, 0);
        }
        switch (static_cast<int>(field->field_type)) {
            case SD_VARLINK_BOOL:
                EXPECT_TRUE(sd_json_variant_is_boolean(member));
                break;
            case SD_VARLINK_INT:
                EXPECT_TRUE(sd_json_variant_is_integer(member));
                break;
            case SD_VARLINK_STRING:
                EXPECT_TRUE(sd_json_variant_is_string(member));
                break;
            case SD_VARLINK_NAMED_TYPE:
                if (field->symbol->symbol_type == SD_VARLINK_STRUCT_TYPE) {
                    expect_as_declared(member, *field->symbol);
                } else {
                    ASSERT_TRUE(sd_json_variant_is_string(member));
                    EXPECT_TRUE(fields_of(*field->symbol).contains(sd_json_variant_string(member)));
                }
                break;
            default:
                FAIL() << "unexpected type in the interface";
        }
    }
}

TEST(ControlJson, AStatusIsWhatTheInterfaceDeclares) {
    const Json status = json(full_status());
    expect_as_declared(status.get(), *symbol("Status"));
    sd_json_variant* policy = sd_json_variant_by_key(status.get(), "policy");
    EXPECT_STREQ(sd_json_variant_string(sd_json_variant_by_key(policy, "profile")), "proxy");
}

TEST(ControlJson, EventsConfigurationAndChecksAreWhatTheInterfaceDeclares) {
    expect_as_declared(json(Event{.time = {}, .state = "held", .warning = true, .text = ""}).get(),
                       *symbol("Event"));
    expect_as_declared(json(ConfigText{}).get(), *symbol("GetConfig"));
    const Json checks = json(std::vector{Check{.what = "a", .passed = true, .evidence = "b", .remedy = "c"}});
    expect_as_declared(sd_json_variant_by_index(checks.get(), 0), *symbol("Check"));
}

TEST(ControlJson, TimesAreMicrosecondsAndWhatIsNotThereIsNull) {
    const Event event{
        .time = Time{std::chrono::milliseconds{1500}}, .state = "held", .warning = false, .text = "t"};
    EXPECT_EQ(json(event).text(), R"({"timeUSec":1500000,"state":"held","warning":false,"text":"t"})");
    const std::vector checks{Check{.what = "a", .passed = {}, .evidence = "b", .remedy = {}}};
    EXPECT_EQ(json(checks).text(), R"([{"what":"a","passed":null,"evidence":"b","remedy":null}])");
}

TEST(ControlJson, TextThatIsNoUtf8IsToldAllTheSame) {
    EXPECT_EQ(Json::of(std::string{"a\xff"}).text(), R"("a?")");
    EXPECT_EQ(Json::of(std::string{"a\0b", 3}).text(), R"("a?b")");
    EXPECT_EQ(Json::of(std::string{"\xc3\xa4"}).text(), "\"\xc3\xa4\"");
}

TEST(ControlInterface, ItsStatesAreThoseOfTheMachine) {
    std::set<std::string> machine;
    for (int i = 0; i <= static_cast<int>(State::failed); ++i)
        machine.emplace(to_string(static_cast<State>(i)));
    EXPECT_EQ(fields_of(*symbol("State")), machine);
    EXPECT_EQ(std::set<std::string>(kStates.begin(), kStates.end()), machine);
}

TEST(ControlMetrics, TellAsOpenMetricsDoes) {
    const std::string text = metrics(full_status(), Time{std::chrono::seconds{9}});
    EXPECT_THAT(text, HasSubstr("# TYPE rootless_supervisor_launches counter\n"));
    EXPECT_THAT(text, HasSubstr("rootless_supervisor_launches_total{name=\"caddy\",cause=\"network\"} 0\n"));
    EXPECT_THAT(
        text,
        HasSubstr("rootless_supervisor_state{name=\"caddy\",rootless_supervisor_state=\"running\"} 1\n"));
    EXPECT_THAT(
        text, HasSubstr("rootless_supervisor_state{name=\"caddy\",rootless_supervisor_state=\"held\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("rootless_supervisor_ready{name=\"caddy\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("rootless_supervisor_proxy_start_time_seconds{name=\"caddy\"} 5\n"));
    EXPECT_THAT(text, HasSubstr("rootless_supervisor_socket_queue{name=\"caddy\",fd=\"3\",socket=\"caddy."
                                "socket\",address=\"[::]:80\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("rootless_supervisor_refused_system_calls_total{name=\"caddy\"} 0\n"));
    EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

TEST(ControlMetrics, LeaveOutWhatIsNotThere) {
    Status status;
    status.name = "a\"b\\c\nd";
    const std::string text = metrics(status, Time{});
    EXPECT_THAT(text, Not(HasSubstr("proxy_pid")));
    EXPECT_THAT(text, Not(HasSubstr("probe_failures")));
    EXPECT_THAT(text, HasSubstr(R"(rootless_supervisor_ready{name="a\"b\\c\nd"} 0)"));
}

TEST(ControlJournal, KeepsTheLatestEvents) {
    Journal journal{Time{}};
    for (int i = 0; i < 30; ++i)
        journal.add({.time = {}, .state = "running", .warning = false, .text = std::to_string(i)});
    const auto events = journal.events();
    ASSERT_EQ(events.size(), Journal::kKept);
    EXPECT_EQ(events.front().text, "10");
    EXPECT_EQ(events.back().text, "29");
}

TEST(ControlConfinement, IsReadFromTheKernelsWords) {
    const auto policy = parse_confinement(
        "Name:\tcaddy\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t14\n"
        "CapEff:\t0000040000002400\n");
    EXPECT_TRUE(policy.no_new_privileges);
    EXPECT_EQ(policy.seccomp_filters, 14);
    EXPECT_THAT(policy.capabilities, ElementsAre("cap_net_bind_service", "cap_net_raw", "cap_42"));
    EXPECT_THAT(parse_confinement("CapEff:\t0000000000000000\n").capabilities, IsEmpty());
    EXPECT_FALSE(confinement_of(-1));
    EXPECT_TRUE(confinement_of(::getpid()));
}

TEST(ControlListener, TellsTheQueueOfATcpSocket) {
    const UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(listener.get(), generic, sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 7), 0);
    socklen_t length = sizeof address;
    ASSERT_EQ(::getsockname(listener.get(), generic, &length), 0);
    const UniqueFd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::connect(client.get(), generic, length), 0);

    const Socket socket = describe_listener(listener.get(), 3, "web");
    EXPECT_EQ(socket.queue, 1);
    EXPECT_EQ(socket.backlog, 7);
    EXPECT_EQ(socket.protocol, "stream");
    EXPECT_EQ(socket.address, "127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
}

TEST(ControlListener, TellsOfOtherSocketsWhatItCan) {
    const UniqueFd udp{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const Socket datagram = describe_listener(udp.get(), 5, "h3");
    EXPECT_EQ(datagram.protocol, "datagram");
    EXPECT_EQ(datagram.address, "[::]:0");
    EXPECT_FALSE(datagram.queue);

    const UniqueFd local{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "\0rs_control_test"};
    constexpr socklen_t kLength = offsetof(sockaddr_un, sun_path) + sizeof "\0rs_control_test" - 1;
    ASSERT_EQ(::bind(local.get(), reinterpret_cast<sockaddr*>(&address), kLength), 0);
    ASSERT_EQ(::listen(local.get(), 1), 0);
    const Socket abstract = describe_listener(local.get(), 6, "local");
    EXPECT_EQ(abstract.protocol, "seqpacket");
    EXPECT_EQ(abstract.address, "@rs_control_test");
    EXPECT_FALSE(abstract.queue);
}

TEST(ControlPeer, ReadsTheCgroupOfBothHierarchies) {
    EXPECT_EQ(cgroup_path("0::/system.slice/caddy.service\n"), "/system.slice/caddy.service");
    EXPECT_EQ(cgroup_path("5:cpu:/\n1:name=systemd:/system.slice/a.service\n0::/\n"),
              "/system.slice/a.service");
    EXPECT_EQ(cgroup_path("0::/\n"), "");
    EXPECT_EQ(cgroup_path(""), "");
}

TEST(ControlPeer, ACgroupHoldsItselfAndWhatIsBelow) {
    EXPECT_TRUE(lies_in_cgroup("/a/caddy.service", "/a/caddy.service"));
    EXPECT_TRUE(lies_in_cgroup("/a/caddy.service/sub", "/a/caddy.service"));
    EXPECT_FALSE(lies_in_cgroup("/a/caddy.service2", "/a/caddy.service"));
    EXPECT_FALSE(lies_in_cgroup("/a", "/a/caddy.service"));
    EXPECT_TRUE(lies_in_cgroup("/a", "/"));
}

TEST(ControlPeer, AdmitsRootAndTheOwnUserOnly) {
    const auto self = Process::open(::getpid());
    ASSERT_TRUE(self);
    const Gate gate{4711, ""};
    EXPECT_TRUE(gate.may_change({.uid = 0, .pid = ::getpid(), .pidfd = self->fd()}));
    EXPECT_TRUE(gate.may_change({.uid = 4711, .pid = ::getpid(), .pidfd = self->fd()}));
    EXPECT_FALSE(gate.may_change({.uid = 4712, .pid = ::getpid(), .pidfd = self->fd()}));
    EXPECT_FALSE(gate.may_change({.uid = 4711, .pid = ::getpid(), .pidfd = -1}));
}

TEST(ControlPeer, RefusesWhoBelongsToTheServiceAndWhoHasEnded) {
    const auto self = Process::open(::getpid());
    ASSERT_TRUE(self);
    EXPECT_FALSE((Gate{4711, "/"}.may_change({.uid = 4711, .pid = ::getpid(), .pidfd = self->fd()})));

    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    const auto ended = Process::open(child);
    ASSERT_TRUE(ended);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PIDFD, static_cast<id_t>(ended->fd()), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE((Gate{4711, ""}.may_change({.uid = 4711, .pid = child, .pidfd = ended->fd()})));
    ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace rs::control
