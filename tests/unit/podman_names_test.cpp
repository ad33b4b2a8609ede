#include "supervisor/podman/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace rs {
namespace {

TEST(ParseGateway, PrefersTheFirstAddressOfTheFirstLine) {
    EXPECT_EQ(parse_gateway("10.89.0.1,fd00::1\nabc 10.89.0.2  whoami\n"), "10.89.0.1");
    EXPECT_EQ(parse_gateway("10.89.0.1 192.168.1.1\n"), "10.89.0.1");
    EXPECT_EQ(parse_gateway("fd00:1::1\n"), "fd00:1::1");
}

TEST(ParseGateway, FindsNothingInAFileThatIsNotWrittenYet) {
    EXPECT_EQ(parse_gateway(""), "");
    EXPECT_EQ(parse_gateway("10.89.0"), "");
    EXPECT_EQ(parse_gateway("\n10.89.0.1\n"), "");
}

class NameServers : public testing::Test {
  protected:
    NameServers() { std::filesystem::create_directory(directory_); }
    ~NameServers() override { std::filesystem::remove_all(directory_); }
    void write(const std::string& name, const std::string& text) { std::ofstream{directory_ / name} << text; }
    [[nodiscard]] auto choose(const std::string& network) const {
        return choose_name_server(directory_.string(), network);
    }

  private:
    std::string template_ = testing::TempDir() + "rs-names-XXXXXX";
    std::filesystem::path directory_ = ::mkdtemp(template_.data());
};

TEST_F(NameServers, TakesTheOnlyNetwork) {
    write("aardvark.pid", "42");
    write("mynet", "10.89.0.1\n");
    const auto choice = choose("");
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->chosen.network, "mynet");
    EXPECT_EQ(choice->chosen.address, "10.89.0.1");
    EXPECT_TRUE(choice->others.empty());
}

TEST_F(NameServers, TakesTheConfiguredNetworkAmongSeveral) {
    write("alpha", "10.89.1.1\n");
    write("mynet%int", "10.89.0.1\n");
    const auto choice = choose("mynet");
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->chosen.address, "10.89.0.1");
}

TEST_F(NameServers, NamesTheNetworksThatItPassedOver) {
    write("beta", "10.89.2.1\n");
    write("alpha", "10.89.1.1\n");
    const auto choice = choose("");
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->chosen.network, "alpha");
    EXPECT_THAT(choice->others, testing::ElementsAre("beta"));
}

TEST_F(NameServers, WaitsForANetworkThatIsNotThere) {
    write("alpha", "10.89.1.1\n");
    const auto choice = choose("mynet");
    ASSERT_FALSE(choice);
    EXPECT_EQ(choice.error().text(),
              "Podman network 'mynet' has no DNS; waiting for a container on network 'mynet'");
}

TEST_F(NameServers, WaitsWhileAFileIsEmpty) {
    write("mynet", "");
    EXPECT_FALSE(choose(""));
}

TEST(NameServersOf, ADirectoryThatDoesNotExistAreNone) {
    EXPECT_FALSE(choose_name_server("/nonexistent/aardvark-dns", ""));
}

TEST(ResolvConf, NamesTheServerAndPodmansSearchDomain) {
    EXPECT_EQ(resolv_conf({"mynet", "10.89.0.1"}),
              "# Written by rootless-supervisor: aardvark-dns of Podman network mynet.\n"
              "search dns.podman\n"
              "nameserver 10.89.0.1\n");
}

}  // namespace
}  // namespace rs
