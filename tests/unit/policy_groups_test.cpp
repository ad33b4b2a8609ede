// The groups are systemd's: what `systemd-analyze syscall-filter` of this machine says is the measure.
#include "policy/groups.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "policy/names.hpp"

namespace rs::policy {
namespace {

std::string output_of(const char* command) {
    struct Close {
        void operator()(FILE* pipe) const { ::pclose(pipe); }
    };
    const std::unique_ptr<FILE, Close> pipe{::popen(command, "re")};
    std::string text;
    std::array<char, 4096> part{};
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe.get()))
        text.append(part.data(), got);
    return text;
}

using Members = std::map<std::string, std::set<std::string>>;

// "@group", below it "    # what it is" and "    call" or "    @group". Calls that are in no group come last,
// as comments.
Members systemds() {
    Members members;
    std::istringstream lines{output_of("SYSTEMD_COLORS=0 systemd-analyze syscall-filter --no-pager")};
    std::string group;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('@')) {
            group = line;
        } else if (line.starts_with("    ") && line[4] != '#' && !group.empty()) {
            members[group].insert(line.substr(4));
        }
    }
    members.erase("@known");
    return members;
}

Members ours() {
    Members members;
    for (const auto& group : groups()) {
        std::istringstream words{std::string{group.members}};
        for (std::string word; words >> word;)
            members[std::string{group.name}].insert(word);
    }
    return members;
}

TEST(Groups, HaveSystemdsNames) {
    const auto theirs = systemds();
    ASSERT_GE(theirs.size(), 25U);
    for (const auto& [name, members] : ours())
        EXPECT_TRUE(theirs.contains(name)) << name;
}

// A newer systemd may have added to them, not taken away.
TEST(Groups, HoldNothingThatSystemdsDoNot) {
    const auto theirs = systemds();
    for (const auto& [name, members] : ours()) {
        ASSERT_TRUE(theirs.contains(name)) << name;
        EXPECT_THAT(theirs.at(name), testing::IsSupersetOf(members)) << name;
    }
}

TEST(Groups, AreExpandedThroughEachOther) {
    const auto calls = calls_of(*find_group("@system-service"));
    for (const char* name : {"read", "epoll_wait", "ioctl", "setns", "seccomp"})
        EXPECT_THAT(calls, testing::Contains(name));
    EXPECT_THAT(calls, testing::Not(testing::Contains("mount")));
    for (const auto& name : calls)
        EXPECT_FALSE(name.starts_with('@')) << name;
    EXPECT_EQ(find_group("@nothing"), nullptr);
}

TEST(Groups, HoldOnlyCallsThatAreKnown) {
    for (const auto& group : groups()) {
        for (const auto name : calls_of(group))
            EXPECT_TRUE(know_call(name)) << name;
    }
}

}  // namespace
}  // namespace rs::policy
