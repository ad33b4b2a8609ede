#include "supervisor/ctl/options.hpp"

#include <gtest/gtest.h>

#include "supervisor/ctl/exit_status.hpp"

namespace rs::ctl {
namespace {

std::expected<Options, Message> parsed(std::vector<std::string> words) {
    words.insert(words.begin(), "supervisorctl");
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    return parse(static_cast<int>(argv.size()), argv.data());
}

Options right(const std::vector<std::string>& words) {
    const auto options = parsed(words);
    EXPECT_TRUE(options) << options.error().text;
    return options.value_or(Options{});
}

std::string mistake(const std::vector<std::string>& words) {
    const auto options = parsed(words);
    if (options) return "none";
    EXPECT_EQ(options.error().exit_status, kUsage);
    EXPECT_EQ(options.error().text.find('\n'), options.error().text.size() - 1);
    return options.error().text;
}

TEST(Arguments, MeanTheStatusOfAllIfThereAreNone) {
    const Options options = right({});
    EXPECT_EQ(options.verb, Verb::status);
    EXPECT_TRUE(options.names.empty());
    EXPECT_EQ(options.json, JsonFormat::off);
}

TEST(Arguments, NameServicesWithOrWithoutTheirSuffix) {
    EXPECT_EQ(right({"status", "caddy.service", "web.v2"}).names,
              (std::vector<std::string>{"caddy", "web.v2"}));
}

TEST(Arguments, CannotLeaveTheDirectoriesByAName) {
    for (const char* name : {"../x", "a/b", ".", "..", "", "a b", "a\n", "-x", ".service"})
        EXPECT_NE(mistake({"restart", "--", name}), "none") << name;
    EXPECT_NE(mistake({"status", "../x"}), "none");
    EXPECT_NE(mistake({"status", ".service"}), "none");
}

TEST(Arguments, AskForANameWhereOneIsChanged) {
    for (const char* verb : {"restart", "reload", "stop", "start", "explain", "logs", "config", "metrics"})
        EXPECT_NE(mistake({verb}).find("NAME"), std::string::npos) << verb;
    EXPECT_NE(mistake({"explain", "a", "b"}), "none");
    EXPECT_EQ(right({"stop", "a", "b"}).names.size(), 2U);
}

TEST(Arguments, TakeHostsBeforeAndAfterTheVerb) {
    const std::vector<std::string> both{"root@web1", "web2"};
    EXPECT_EQ(right({"-H", "root@web1,web2", "status"}).hosts, both);
    EXPECT_EQ(right({"status", "--host", "root@web1,web2", "caddy"}).hosts, both);
    EXPECT_EQ(right({"status", "-H", "web1", "caddy"}).names, std::vector<std::string>{"caddy"});
}

TEST(Arguments, CannotGiveSshAnOptionAsAHost) {
    EXPECT_NE(mistake({"-H", "-oProxyCommand=x", "status"}), "none");
    EXPECT_NE(mistake({"--host=-oProxyCommand=x", "status"}), "none");
    EXPECT_NE(mistake({"--host=web1,-oProxyCommand=x", "status"}), "none");
    EXPECT_TRUE(mistake({"-H", "::1", "status"}).contains("ssh_config(5)"));
}

TEST(Arguments, TakeOptionsBeforeTheVerbAndWithoutOne) {
    EXPECT_EQ(right({"--json=short", "status", "caddy"}).json, JsonFormat::compact);
    EXPECT_EQ(right({"--json=short", "explain", "caddy"}).verb, Verb::explain);
    EXPECT_TRUE(right({"-w"}).watch);
    EXPECT_EQ(right({"-w"}).verb, Verb::status);
    EXPECT_EQ(right({"--json=pretty"}).json, JsonFormat::pretty);
    EXPECT_TRUE(mistake({"--json=short", "restart", "caddy"}).contains("restart takes no --json"));
    EXPECT_TRUE(mistake({"-w", "logs", "caddy"}).contains("logs takes no --watch"));
    EXPECT_NE(mistake({"-w", "--json=short"}), "none");
}

TEST(Arguments, ChooseTheFormatOfJson) {
    EXPECT_EQ(right({"status", "--json=pretty"}).json, JsonFormat::pretty);
    EXPECT_EQ(right({"explain", "--json", "short", "caddy"}).json, JsonFormat::compact);
    EXPECT_EQ(right({"status", "--json=off"}).json, JsonFormat::off);
    EXPECT_NE(mistake({"status", "--json=yaml"}), "none");
    EXPECT_NE(mistake({"restart", "--json=short", "caddy"}), "none");
    EXPECT_NE(mistake({"status", "--watch", "--json=short"}), "none");
}

TEST(Arguments, OfLogsGoToJournalctlAfterTwoDashes) {
    const Options options = right({"logs", "-f", "-n", "5", "caddy", "--", "--output=json", "-p", "err"});
    EXPECT_TRUE(options.follow);
    EXPECT_EQ(options.lines, 5);
    EXPECT_EQ(options.extra, (std::vector<std::string>{"--output=json", "-p", "err"}));
    EXPECT_EQ(right({"logs", "caddy"}).lines, 100);
    EXPECT_NE(mistake({"status", "--", "x"}), "none");
    EXPECT_NE(mistake({"logs", "caddy", "-n", "-5"}), "none");
    EXPECT_NE(mistake({"logs", "caddy", "-H", "a,b"}), "none");
}

TEST(Arguments, ThatAreNoneAreMistakes) {
    EXPECT_TRUE(mistake({"frobnicate"}).contains("unknown verb 'frobnicate';"));
    EXPECT_TRUE(mistake({"restrat", "caddy"}).contains("unknown verb 'restrat'; did you mean 'restart'?"));
    EXPECT_TRUE(mistake({"\x1b[2J"}).contains("unknown verb '\\x1b[2J'"));
    EXPECT_TRUE(mistake({"--frobnicate"}).contains("unknown option '--frobnicate'"));
    EXPECT_TRUE(mistake({"status", "-x", "caddy"}).contains("unknown option '-x'"));
    EXPECT_NE(mistake({"status", "restart", "--frobnicate"}), "none");
}

TEST(Arguments, ThatAreMistakesAreShownHarmless) {
    EXPECT_TRUE(mistake({"status", "\x1b[2J\n"}).contains("'\\x1b[2J\\x0a' is not a name"));
}

TEST(Arguments, PrintHelpAndVersion) {
    for (const char* word : {"--help", "--version"}) {
        const auto options = parsed({word});
        ASSERT_FALSE(options);
        EXPECT_EQ(options.error().exit_status, kOk);
        EXPECT_NE(options.error().text.find("supervisorctl"), std::string::npos);
    }
}

}  // namespace
}  // namespace rs::ctl
