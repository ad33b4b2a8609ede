// What the parser, the manual and the shipped configuration say about the keys must be the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "supervisor/config/parse.hpp"

namespace rs {
namespace {

std::string content_of(const std::string& path) {
    std::ifstream file(std::string(RS_SOURCE_DIR) + "/" + path);
    EXPECT_TRUE(file.is_open()) << path;
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

std::vector<std::string> all_keys() {
    std::vector<std::string> names;
    for (const KeyInfo& info : config_keys())
        names.emplace_back(info.key);
    return names;
}

// The names that stand between `before` and `after` at the beginning of a line, in order.
std::vector<std::string> names(const std::string& text, std::string_view before, std::string_view after) {
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(before)) continue;
        const std::string rest = line.substr(before.size());
        const std::size_t end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
        const std::string name = rest.substr(0, end);
        if (!name.empty() && rest.substr(name.size()).starts_with(after)) found.push_back(name);
    }
    return found;
}

// The shipped file with each commented-out key in force.
std::string uncommented(const std::string& text) {
    std::string all = text;
    for (const std::string& key : all_keys()) {
        const std::string hidden = "\n#" + key + " = ";
        for (std::size_t at = 0; (at = all.find(hidden, at)) != std::string::npos;)
            all.erase(at + 1, 1);
    }
    return all;
}

bool is_toml(std::string_view text) {
    return text.starts_with('"') || text.starts_with('[') || text == "true" || text == "false" ||
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A quote character on a macro's line would quote its argument.
std::string as_mdoc(std::string_view text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '"' ? "\\(dq" : std::string(1, c);
    return escaped;
}

std::string line(std::string_view key, std::string_view value) {
    return std::string(key) + " = " + std::string(value) + "\n";
}

constexpr std::string_view kProxy = "[proxy]\ncommand = ['/bin/true']\n";
constexpr std::string_view kProbe = "http = 'http://localhost/'\n";

TEST(ConfigKeys, HaveTheDefaultsThatTheConfigHas) {
    std::string text{kProxy};
    for (const KeyInfo& info : config_keys()) {
        const std::string table = "[" + std::string(info.section) + "]\n";
        if (!text.contains(table)) text += table + (info.section == "health" ? std::string(kProbe) : "");
        if (is_toml(info.default_text)) text += line(info.key, info.default_text);
    }
    EXPECT_TRUE(text.contains("stop_timeout = \"10s\"")) << text;
    EXPECT_TRUE(text.contains("retries = 3")) << text;
    const auto config = parse_config(text, "defaults");
    ASSERT_TRUE(config.has_value()) << config.error().text();
    Config defaults;
    defaults.proxy.command = {"/bin/true"};
    defaults.health.http = "http://localhost/";
    EXPECT_TRUE(config->proxy == defaults.proxy);
    EXPECT_TRUE(config->podman == defaults.podman);
    EXPECT_TRUE(config->health == defaults.health);
    EXPECT_TRUE(config->policy == defaults.policy);
}

// What a key needs beside it to make sense.
std::string company_of(const KeyInfo& info) {
    if (info.key == "start") return "wait_for = ['a.service']\n";
    const bool probe = info.key == "http" || info.key == "tcp" || info.key == "command";
    return info.section == "health" && !probe ? std::string(kProbe) : "";
}

TEST(ConfigKeys, HaveExamplesThatParse) {
    for (const KeyInfo& info : config_keys()) {
        const bool command = info.section == "proxy" && info.key == "command";
        std::string text = command ? "[proxy]\n" : std::string(kProxy);
        if (info.section != "proxy") text += "[" + std::string(info.section) + "]\n";
        text += company_of(info) + line(info.key, info.example);
        const auto config = parse_config(text, info.key);
        EXPECT_TRUE(config.has_value()) << config.error().text();
    }
}

TEST(ShippedConfig, RunsTheWalkThroughsCommandAndElseTheDefaults) {
    const auto config = parse_config(content_of("config/caddy.toml"), "caddy.toml");
    ASSERT_TRUE(config.has_value()) << config.error().text();
    Config wanted;
    wanted.proxy.command = {"/usr/local/bin/caddy", "run", "--environ", "--config", "/srv/caddy/Caddyfile"};
    EXPECT_TRUE(config->proxy == wanted.proxy);
    EXPECT_TRUE(config->podman == wanted.podman);
    EXPECT_TRUE(config->health == wanted.health);
}

// Not all: the manual has the others.
TEST(ShippedConfig, ShowsKeysCommentedOutInTheOrderOfTheManual) {
    const std::string text = content_of("config/caddy.toml");
    EXPECT_EQ(names(text, "", " = "), std::vector<std::string>{"command"});
    EXPECT_EQ(names(uncommented(text), "#", " = "), std::vector<std::string>{});
    const std::vector<std::string> known = all_keys();
    auto at = known.begin();
    for (const std::string& name : names(uncommented(text), "", " = ")) {
        at = std::find(at, known.end(), name);
        ASSERT_NE(at, known.end()) << name;
        ++at;
    }
}

TEST(ShippedConfig, ShowsDefaultsAndExamples) {
    const auto config = parse_config(uncommented(content_of("config/caddy.toml")), "caddy.toml");
    ASSERT_TRUE(config.has_value()) << config.error().text();
    ProxyConfig proxy;
    proxy.command = config->proxy.command;
    EXPECT_TRUE(config->proxy == proxy);
    EXPECT_EQ(config->podman.runtime_dir, "/run/user/1000");
    EXPECT_TRUE(config->podman.dns);
    EXPECT_FALSE(config->podman.wait_for.empty());
    EXPECT_TRUE(config->health.enabled());
}

TEST(Manual, DescribesEveryKeyWithItsDefault) {
    const std::string page = content_of("man/rootless-supervisor.toml.5");
    EXPECT_EQ(names(page, ".It Ic ", ""), all_keys());
    std::size_t item = 0;
    for (const KeyInfo& info : config_keys()) {
        item = page.find("\n.It Ic " + std::string(info.key) + "\n", item);
        ASSERT_NE(item, std::string::npos) << info.key;
        const std::string entry = page.substr(item, page.find(".It Ic ", item + 8) - item);
        item += entry.size() - 1;
        if (!is_toml(info.default_text)) continue;
        EXPECT_TRUE(entry.contains("\nDefault:\n.Cm " + as_mdoc(info.default_text) + " .\n")) << entry;
    }
}

// The lines between .Bd and .Ed that follow the heading.
TEST(Manual, HasExamplesThatParse) {
    std::istringstream page(content_of("man/rootless-supervisor.toml.5"));
    std::string line;
    std::string example;
    bool inside = false;
    int examples = 0;
    while (std::getline(page, line)) {
        if (line == ".Ed" && inside) {
            inside = false;
            ++examples;
            const auto config = parse_config(example, "example");
            EXPECT_TRUE(config.has_value()) << config.error().text() << "\n" << example;
        }
        if (inside) example += line + "\n";
        if (line.starts_with(".Bd")) {
            inside = true;
            example.clear();
        }
    }
    EXPECT_GE(examples, 2);
}

}  // namespace
}  // namespace rs
