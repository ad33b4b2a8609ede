#include "supervisor/ctl/decode.hpp"

#include <gtest/gtest.h>

#include "tests/unit/ctl_golden.hpp"

namespace rs::ctl {
namespace {

Result<Status> decoded(const std::string& text) {
    const auto parsed = parse_json(text);
    if (!parsed) return std::unexpected(parsed.error());
    return decode_status(parsed->get());
}

std::string with(const std::string& before, const std::string& after) {
    std::string text = golden::read("healthy.json");
    const std::size_t at = text.find(before);
    EXPECT_NE(at, std::string::npos) << before;
    return at == std::string::npos ? text : text.replace(at, before.size(), after);
}

TEST(DecodedStatus, HasEveryField) {
    const Status status = golden::status("replacing");
    EXPECT_EQ(status.name, "caddy");
    EXPECT_EQ(status.state, State::replacing);
    EXPECT_EQ(status.why, "Podman's network was recreated");
    ASSERT_EQ(status.proxies.size(), 2U);
    EXPECT_EQ(status.proxies[1].cause, "network");
    EXPECT_EQ(status.proxies[1].ready, std::nullopt);
    EXPECT_EQ(status.proxies[0].healthy, true);
    ASSERT_EQ(status.sockets.size(), 4U);
    EXPECT_EQ(status.sockets[0].backlog, 4096);
    EXPECT_EQ(status.sockets[2].queue, std::nullopt);
    EXPECT_EQ(status.launches.reload, 3);
    ASSERT_TRUE(status.names);
    EXPECT_EQ(status.names->others, (std::vector<std::string>{"backend", "monitoring"}));
    ASSERT_TRUE(status.policy);
    EXPECT_TRUE(status.policy->landlock);
    EXPECT_EQ(status.watchdog.proxy, std::chrono::seconds{10});
    EXPECT_EQ(status.events.size(), 6U);
    EXPECT_TRUE(status.config_changed);
}

TEST(DecodedStatus, MayTellMoreThanThisProgramKnows) {
    const auto status = decoded(with(R"("version")", R"("mood": {"is": "good"}, "version")"));
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(status->version, "0.1.0");
}

TEST(DecodedStatus, HasAnUnknownStateIfItsWordIsNew) {
    const auto status = decoded(with(R"("running")", R"("hibernating")"));
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(status->state, State::unknown);
    EXPECT_FALSE(is_ready(status->state));
}

TEST(DecodedStatus, IsRefusedWithoutAFieldThatItMustHave) {
    const auto status = decoded(with(R"("version")", R"("edition")"));
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("io.rootless.Supervisor"), std::string::npos)
        << status.error().message;
}

TEST(DecodedStatus, IsRefusedWithAFieldOfAnotherType) {
    EXPECT_FALSE(decoded(with(R"("supervisorPid": 412)", R"("supervisorPid": "412")")));
    EXPECT_FALSE(decoded(with(R"("configChanged": false)", R"("configChanged": 0)")));
    EXPECT_FALSE(decoded(with(R"("name": "caddy")", R"("name": null)")));
    EXPECT_FALSE(decoded(R"({"status": []})"));
    EXPECT_FALSE(decoded(R"({})"));
}

TEST(DecodedReport, HasAnEventAStatusOrBoth) {
    const auto parsed = parse_json(
        R"({"event": {"timeUSec": 5, "state": "held", "warning": true, "text": "stopped"}, "status": null})");
    ASSERT_TRUE(parsed);
    const auto report = decode_report(parsed->get());
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->event);
    EXPECT_EQ(report->event->text, "stopped");
    EXPECT_FALSE(report->status);
}

TEST(DecodedChecks, MayBeNeitherPassedNorFailed) {
    const auto parsed =
        parse_json(R"({"checks": [{"what": "name server", "passed": null, "evidence": "not asked"}]})");
    ASSERT_TRUE(parsed);
    const auto checks = decode_checks(parsed->get());
    ASSERT_TRUE(checks) << checks.error().message;
    ASSERT_EQ(checks->size(), 1U);
    EXPECT_EQ(checks->front().passed, std::nullopt);
    EXPECT_EQ(checks->front().remedy, std::nullopt);
}

TEST(StateNames, LeadThereAndBack) {
    for (const char* name : {"waiting", "starting", "running", "replacing", "backoff", "stopping", "held",
                             "stopped", "failed", "unknown"})
        EXPECT_EQ(name_of(state_of(name)), name);
}

}  // namespace
}  // namespace rs::ctl
