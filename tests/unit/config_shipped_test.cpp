// What the parser, the manual and the shipped configuration say about the keys must be the same.
#include <gtest/gtest.h>

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
        const std::size_t at = all.find("\n#" + key + " = ");
        if (at != std::string::npos) all.erase(at + 1, 1);
    }
    return all;
}

bool is_toml(std::string_view text) {
    return text.starts_with('"') || text.starts_with('[') || text == "true" || text == "false";
}

// A quote character on a macro's line would quote its argument.
std::string as_mdoc(std::string_view text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '"' ? "\\(dq" : std::string(1, c);
    return escaped;
}

void expect_same(const Config& a, const Config& b) {
    EXPECT_EQ(a.proxy.command, b.proxy.command);
    EXPECT_EQ(a.proxy.ready, b.proxy.ready);
    EXPECT_EQ(a.proxy.stop_signal, b.proxy.stop_signal);
    EXPECT_EQ(a.proxy.start_timeout, b.proxy.start_timeout);
    EXPECT_EQ(a.proxy.stop_timeout, b.proxy.stop_timeout);
    EXPECT_EQ(a.podman.dns, b.podman.dns);
}

TEST(ConfigKeys, HaveTheDefaultsThatTheConfigHas) {
    Config defaults;
    defaults.proxy.command = {"/bin/true"};
    std::string text = "[proxy]\ncommand = ['/bin/true']\n";
    for (const KeyInfo& info : config_keys()) {
        if (info.section == "podman" && !text.contains("[podman]")) text += "[podman]\n";
        if (is_toml(info.default_text))
            text += std::string(info.key) + " = " + std::string(info.default_text) + "\n";
    }
    EXPECT_TRUE(text.contains("stop_timeout = \"10s\"")) << text;
    const auto config = parse_config(text, "defaults");
    ASSERT_TRUE(config.has_value()) << config.error().text();
    expect_same(*config, defaults);
}

TEST(ConfigKeys, HaveExamplesThatParse) {
    for (const KeyInfo& info : config_keys()) {
        std::string text = info.key == "command" ? "" : "[proxy]\ncommand = ['/bin/true']\n";
        if (text.empty() || info.section != "proxy") text += "[" + std::string(info.section) + "]\n";
        text += std::string(info.key) + " = " + std::string(info.example) + "\n";
        const auto config = parse_config(text, info.key);
        EXPECT_TRUE(config.has_value()) << config.error().text();
    }
}

TEST(ShippedConfig, RunsTheWalkThroughsCommand) {
    const auto config = parse_config(content_of("config/caddy.toml"), "caddy.toml");
    ASSERT_TRUE(config.has_value()) << config.error().text();
    Config wanted;
    wanted.proxy.command = {"/usr/local/bin/caddy", "run", "--environ", "--config", "/srv/caddy/Caddyfile"};
    expect_same(*config, wanted);
    EXPECT_EQ(config->podman.runtime_dir + config->podman.runroot + config->podman.network, "");
}

TEST(ShippedConfig, ShowsEveryOtherKeyCommentedOut) {
    const std::string text = content_of("config/caddy.toml");
    EXPECT_EQ(names(text, "", " = "), std::vector<std::string>{"command"});
    EXPECT_EQ(names(uncommented(text), "", " = "), all_keys());
    EXPECT_EQ(names(uncommented(text), "#", " = "), std::vector<std::string>{});
}

TEST(ShippedConfig, ChangesNoDefaultWhenACommentSignIsTakenAway) {
    const std::string text = content_of("config/caddy.toml");
    const auto config = parse_config(uncommented(text), "caddy.toml");
    ASSERT_TRUE(config.has_value()) << config.error().text();
    EXPECT_EQ(config->podman.runtime_dir, "/run/user/1000");
    const auto shipped = parse_config(text, "caddy.toml");
    ASSERT_TRUE(shipped.has_value()) << shipped.error().text();
    expect_same(*config, *shipped);
}

TEST(Manual, DescribesEveryKeyWithItsDefault) {
    const std::string page = content_of("man/rootless-supervisor.toml.5");
    EXPECT_EQ(names(page, ".It Ic ", ""), all_keys());
    for (const KeyInfo& info : config_keys()) {
        if (!is_toml(info.default_text)) continue;
        const std::size_t item = page.find("\n.It Ic " + std::string(info.key));
        ASSERT_NE(item, std::string::npos) << info.key;
        const std::string entry = page.substr(item, page.find(".It Ic ", item + 8) - item);
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
