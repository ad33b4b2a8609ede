// What is no TOML, what is too much of it, and what cannot be read at all: one clear line, never a crash.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "supervisor/config/parse.hpp"

namespace rs {
namespace {

using namespace std::string_view_literals;

std::string error_of(std::string_view text) {
    const auto config = parse_config(text, "x.toml");
    return config ? "accepted" : config.error().text();
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i)
        text += piece;
    return text;
}

TEST(Config, ShowsSyntaxErrorsInItsOwnForm) {
    EXPECT_EQ(error_of("[proxy\n"), "x.toml:1:7: invalid TOML in table header: expected ']', saw '\\n'");
    EXPECT_EQ(
        error_of("[proxy]\n= 1\n"),
        "x.toml:2:1: invalid TOML in root table: expected keys, tables, whitespace or comments, saw '='");
    EXPECT_EQ(error_of("[proxy]\ncommand = [\"/a\""),
              "x.toml:2:16: invalid TOML in array: encountered end-of-file; "
              "write command = [\"/usr/local/bin/caddy\", \"run\"]");
}

TEST(Config, ShowsHowToWriteAValueThatLacksItsQuotes) {
    EXPECT_EQ(error_of("[proxy]\n  start_timeout = 10s\n"),
              "x.toml:2:21: invalid TOML in decimal integer: expected digit, saw 's'; write start_timeout = "
              "\"60s\"");
    EXPECT_EQ(error_of("[proxy]\ncommand = /usr/bin/caddy run\n"),
              "x.toml:2:11: invalid TOML in value: could not determine value type; "
              "write command = [\"/usr/local/bin/caddy\", \"run\"]");
    EXPECT_EQ(error_of("[podman]\ndns = True\n"),
              "x.toml:2:7: invalid TOML in boolean: expected 'true', saw 'T'; write dns = true");
    EXPECT_EQ(error_of("[podman]\nxyz = yes\n"),
              "x.toml:2:7: invalid TOML in value: could not determine value type");
}

TEST(Config, RefusesKeysAndTablesGivenTwice) {
    EXPECT_EQ(error_of("[proxy]\nready = \"exec\"\nready = \"exec\"\n"),
              "x.toml:3:9: invalid TOML in key-value pair: cannot redefine existing string 'ready'");
    EXPECT_EQ(error_of("[proxy]\n[podman]\n[proxy]\n"),
              "x.toml:3:1: invalid TOML in table header: cannot redefine existing table 'proxy'");
}

TEST(Config, RefusesBytesThatAreNoText) {
    EXPECT_EQ(error_of("[proxy]\ncommand = [\"\xff\"]"),
              "x.toml:2:12: invalid TOML: encountered invalid utf-8 sequence");
    EXPECT_EQ(error_of("\xff\xfe[\0p\0"sv), "x.toml:1:1: invalid TOML: encountered invalid utf-8 sequence");
    EXPECT_EQ(error_of("[proxy]\n\x1b[31m = 1"),
              "x.toml:2:1: invalid TOML in root table: expected keys, tables, whitespace or comments, saw "
              "'\\u001B'");
    EXPECT_EQ(error_of("a\0 = 1"sv),
              "x.toml:1:2: invalid TOML in key-value pair: expected '=', saw '\\u0000'");
}

TEST(Config, CountsCharactersAndNotBytes) {
    EXPECT_EQ(error_of("[proxy]\ncommand = ['/\u00e4\u00f6\u00fc', 1]"),
              "x.toml:2:20: 'command' must hold strings only, not the integer 1; "
              "write [\"/usr/local/bin/caddy\", \"run\"]");
}

TEST(Config, SurvivesHugeNesting) {
    const std::string too_deep =
        "invalid TOML in value: exceeded maximum nested value depth of 256 (TOML_MAX_NESTED_VALUES)";
    EXPECT_EQ(error_of("a=" + repeated("[", 500'000)), "x.toml:1:259: " + too_deep);
    EXPECT_EQ(error_of("a=" + repeated("{a=", 300'000)), "x.toml:1:771: " + too_deep);
    EXPECT_EQ(error_of(repeated("a.", 500'000) + "a=1"),
              "x.toml: more than 4096 dots; this is no configuration");
    EXPECT_EQ(error_of("[" + repeated("a.", 500'000) + "a]"),
              "x.toml: more than 4096 dots; this is no configuration");
    EXPECT_EQ(error_of(repeated("a.", 4096) + "a=1"),
              "x.toml:1:1: unknown table [a]; the tables are proxy, podman, health, policy");
}

// Every way to cut a good file off and to spoil one byte of it.
TEST(Config, HasOneLineForEveryDamage) {
    const std::string good =
        "[proxy]\ncommand = [\"/bin/\u00e4\", 'run']\nready = \"exec\"\nstop_timeout = \"1min 30s\"\n"
        "[podman]\nnetwork = \"n\" # note\ndns = false\n";
    ASSERT_EQ(error_of(good), "accepted");
    for (std::size_t i = 0; i < good.size(); ++i) {
        EXPECT_FALSE(error_of(good.substr(0, i)).contains('\n')) << i;
        for (const char byte : "\n\r\t\"'[]{}=.,#\\- 0Zz\x1b\x7f\x80\xc2\xef\xff") {
            std::string spoilt = good;
            spoilt[i] = byte;
            const std::string error = error_of(spoilt);
            EXPECT_TRUE(error == "accepted" || error.starts_with("x.toml:")) << error;
            EXPECT_FALSE(error.contains('\n')) << error;
        }
    }
}

// --- files ---

class ConfigFile : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "config-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    [[nodiscard]] std::string path() const { return dir_ + "/x.toml"; }
    void write(std::string_view content) const { std::ofstream(path()) << content; }

    std::string load_error(const std::string& file) const {
        const auto config = load_config(file);
        return config ? "accepted" : config.error().text();
    }

    std::string dir_;
};

TEST_F(ConfigFile, IsReadAndNamedInMessages) {
    write("[proxy]\ncommand = [\"/bin/true\"]\n");
    EXPECT_EQ(load_error(path()), "accepted");
    write("[proxy]\ncommand = []\n");
    EXPECT_EQ(load_error(path()),
              path() + ":2:11: 'command' is empty; write [\"/usr/local/bin/caddy\", \"run\"]");
}

TEST_F(ConfigFile, MayBeMissing) {
    EXPECT_EQ(load_error(path()),
              path() + ": cannot read: No such file or directory; create it or name another with --config");
}

TEST_F(ConfigFile, MayBeADirectory) {
    EXPECT_EQ(load_error(dir_), dir_ + ": cannot read: Is a directory; name a file");
}

TEST_F(ConfigFile, MayBeUnreadable) {
    if (::geteuid() == 0) {
        // Root reads everything; as another user, in a process of its own.
        ASSERT_EQ(::chmod(dir_.c_str(), 0755), 0);
        write("");
        ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
        const std::string wanted = path() +
                                   ": cannot read: Permission denied; make it and its directories readable "
                                   "for the user that the service runs as";
        EXPECT_EXIT(
            {
                const bool dropped = ::setuid(65534) == 0;
                ::_exit(dropped && load_error(path()) == wanted ? 0 : 1);
            },
            testing::ExitedWithCode(0), "");
        return;
    }
    write("");
    ASSERT_EQ(::chmod(path().c_str(), 0), 0);
    EXPECT_EQ(load_error(path()),
              path() +
                  ": cannot read: Permission denied; make it and its directories readable "
                  "for the user that the service runs as");
}

TEST_F(ConfigFile, MayBeTooLarge) {
    write(std::string(2U << 20U, '#'));
    EXPECT_EQ(load_error(path()),
              path() + ": cannot read: File too large; a configuration has at most 1 MiB");
}

TEST_F(ConfigFile, KeepsItsNameInOneLine) {
    EXPECT_EQ(
        load_error(dir_ + "/a\nb"),
        dir_ + "/a\\x0ab: cannot read: No such file or directory; create it or name another with --config");
}

}  // namespace
}  // namespace rs
