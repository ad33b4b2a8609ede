// Landlock in a real kernel: a child restricts itself and tries.
#include "policy/landlock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace rs::policy {
namespace {

constexpr int kNotLoaded = 255;  // above any errno

Paths paths(std::initializer_list<std::string> names, bool required = true) {
    Paths all{std::in_place};
    for (const auto& name : names)
        all->push_back({name, required});
    return all;
}

class LandlockedChild : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_GE(landlock_abi(), 6) << "this machine's kernel must have Landlock";
        std::string pattern = testing::TempDir() + "landlock-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
        for (const char* name : {"in", "out"}) {
            std::filesystem::create_directory(dir_ + "/" + name);
            std::ofstream{dir_ + "/" + name + "/file"} << "text";
        }
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    // "done" or the errno's name.
    template <class Call>
    std::string outcome_of(const Access& access, const Call& call) {
        const auto ruleset = make_ruleset(access, Landlock::enforce);
        EXPECT_TRUE(ruleset) << ruleset.error().message;
        if (!ruleset) return "no rule set";
        const pid_t child = ::fork();
        if (child == 0) {
            ::syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            if (::syscall(SYS_landlock_restrict_self, ruleset->fd.get(), 0) != 0) ::_exit(kNotLoaded);
            ::_exit(call() < 0 ? errno : 0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        if (!WIFEXITED(status)) return "a signal";
        if (WEXITSTATUS(status) == kNotLoaded) return "not loaded";
        return WEXITSTATUS(status) == 0 ? "done" : ::strerrorname_np(WEXITSTATUS(status));
    }

    std::string opening(const Access& access, const std::string& name, int flags) {
        const std::string path = dir_ + "/" + name;
        return outcome_of(access, [&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); });
    }

    std::string dir_;
};

TEST_F(LandlockedChild, ReadsWhatIsOnTheListOnly) {
    const Access access{.read = paths({dir_ + "/in"})};
    EXPECT_EQ(opening(access, "in/file", O_RDONLY), "done");
    EXPECT_EQ(opening(access, "in", O_RDONLY | O_DIRECTORY), "done");
    EXPECT_EQ(opening(access, "out/file", O_RDONLY), "EACCES");
    EXPECT_EQ(opening(access, "out", O_RDONLY | O_DIRECTORY), "EACCES");
    EXPECT_EQ(opening(access, "out/file", O_WRONLY), "done") << "writing is on no list";
}

TEST_F(LandlockedChild, WritesWhatIsOnTheListOnly) {
    const Access access{.read = paths({dir_ + "/out"}), .write = paths({dir_ + "/in"})};
    EXPECT_EQ(opening(access, "in/new", O_RDWR | O_CREAT), "done");
    EXPECT_EQ(opening(access, "out/file", O_WRONLY), "EACCES");
    EXPECT_EQ(opening(access, "out/new", O_WRONLY | O_CREAT), "EACCES");
    const std::string file = dir_ + "/out/file";
    EXPECT_EQ(outcome_of(access, [&] { return ::unlink(file.c_str()); }), "EACCES");
    EXPECT_EQ(outcome_of(access, [&] { return ::truncate(file.c_str(), 0); }), "EACCES");
}

TEST_F(LandlockedChild, MovesFilesBetweenDirectoriesThatNoListIsAbout) {
    const Access access{.read = paths({dir_ + "/in"})};
    const auto moving = [&](const std::string& from, const std::string& to) {
        return outcome_of(access, [&] { return ::rename((dir_ + from).c_str(), (dir_ + to).c_str()); });
    };
    EXPECT_EQ(moving("/in/file", "/out/moved"), "done");
    EXPECT_EQ(moving("/out/file", "/in/moved"), "EXDEV") << "it could be read there";
}

TEST_F(LandlockedChild, ExecutesWhatIsOnTheListOnly) {
    const auto execute = [] {
        constexpr const char* kArguments[] = {"true", nullptr};
        return ::execve("/usr/bin/true", const_cast<char* const*>(kArguments),
                        const_cast<char* const*>(kArguments + 1));
    };
    EXPECT_EQ(outcome_of({.execute = paths({"/usr", "/lib64"})}, execute), "done");
    EXPECT_EQ(outcome_of({.execute = paths({dir_})}, execute), "EACCES");
}

TEST_F(LandlockedChild, BindsAndConnectsToThePortsOnTheListOnly) {
    const auto with_port = [](auto call, std::uint16_t port) {
        return [call, port] {
            const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_port = htons(port);
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            return call(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        };
    };
    const Access access{.tcp_bind = std::vector<std::uint16_t>{0},
                        .tcp_connect = std::vector<std::uint16_t>{9}};
    EXPECT_EQ(outcome_of(access, with_port(::bind, 0)), "done");
    EXPECT_EQ(outcome_of(access, with_port(::bind, 9)), "EACCES");
    EXPECT_EQ(outcome_of(access, with_port(::connect, 9)), "ECONNREFUSED") << "nobody listens to port 9";
    EXPECT_EQ(outcome_of(access, with_port(::connect, 10)), "EACCES");
    EXPECT_EQ(outcome_of({.tcp_bind = Ports{std::in_place}}, with_port(::bind, 0)), "EACCES")
        << "an empty list";
}

TEST_F(LandlockedChild, SignalsNobodyOutside) {
    const pid_t parent = ::getpid();
    const auto signal = [parent] { return ::kill(parent, 0); };
    EXPECT_EQ(outcome_of({.scope_signals = true}, signal), "EPERM");
    EXPECT_EQ(outcome_of({.scope_abstract_sockets = true}, signal), "done");
}

TEST_F(LandlockedChild, ConnectsToNoAbstractSocketOfOthers) {
    const std::string name = "rs-landlock-" + std::to_string(::getpid());
    struct {
        sa_family_t family = AF_UNIX;
        char path[108] = {};
    } address;
    std::memcpy(address.path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(sizeof address.family + 1 + name.size());
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    const UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ASSERT_EQ(::bind(listener.get(), generic, size), 0);
    ASSERT_EQ(::listen(listener.get(), 2), 0);
    const auto connect = [&] {
        return ::connect(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), generic, size);
    };
    EXPECT_EQ(outcome_of({.scope_abstract_sockets = true}, connect), "EPERM");
    EXPECT_EQ(outcome_of({.scope_signals = true}, connect), "done");
}

TEST_F(LandlockedChild, FollowsVariables) {
    ::setenv("RS_TEST_DIR", (dir_ + "/in:/elsewhere").c_str(), 1);
    const Access access{.read = paths({"${RS_TEST_DIR}/file"})};
    EXPECT_EQ(opening(access, "in/file", O_RDONLY), "done");
    EXPECT_EQ(opening(access, "out/file", O_RDONLY), "EACCES");
    ::unsetenv("RS_TEST_DIR");
    const auto missing = make_ruleset(access, Landlock::enforce);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message,
              "path '${RS_TEST_DIR}/file' of [policy] begins with a variable that is not set to a path");
}

TEST(LandlockRules, NeedTheUsersOwnPathsAndSkipAProfiles) {
    const auto own = make_ruleset({.read = paths({"/nonexistent/dir"})}, Landlock::best_effort);
    ASSERT_FALSE(own);
    EXPECT_EQ(own.error().message,
              "cannot open path '/nonexistent/dir' of [policy]: No such file or directory");
    EXPECT_FALSE(make_ruleset({.read = paths({"/nonexistent/dir"})}, Landlock::best_effort, 0));
    EXPECT_TRUE(
        make_ruleset({.read = paths({"/nonexistent/dir", "${RS_NO_SUCH}"}, false)}, Landlock::enforce));
}

TEST(LandlockRules, SayWhatAnOlderKernelCannotRestrictOrFail) {
    const Access access{.read = paths({"/usr"}),
                        .write = paths({"/tmp"}),
                        .tcp_bind = Ports{std::in_place},
                        .scope_signals = true};
    const auto warning = [&](int abi) {
        const auto made = make_ruleset(access, Landlock::best_effort, abi);
        EXPECT_TRUE(made) << made.error().message;
        return made && !made->warnings.empty() ? made->warnings.front() : "none";
    };
    EXPECT_EQ(warning(6), "none");
    EXPECT_EQ(warning(4),
              "this kernel has version 4 of Landlock: ioctl on devices, signals and abstract sockets stay "
              "unrestricted");
    EXPECT_EQ(warning(1),
              "this kernel has version 1 of Landlock: truncating files, ioctl on devices, TCP ports, signals "
              "and abstract sockets stay unrestricted");
    EXPECT_EQ(warning(0), "Landlock is not available here: files, TCP ports and signals stay unrestricted");
    const auto enforced = make_ruleset(access, Landlock::enforce, 3);
    ASSERT_FALSE(enforced);
    EXPECT_EQ(enforced.error().message,
              "this kernel has version 3 of Landlock, which cannot restrict ioctl on devices, TCP ports, "
              "signals and "
              "abstract sockets, and [policy] landlock is \"enforce\"");
}

TEST(LandlockRules, AreNoneWhenThereIsNothingToRestrictOrItIsOff) {
    EXPECT_FALSE(make_ruleset({}, Landlock::enforce)->fd);
    EXPECT_FALSE(make_ruleset({.read = paths({"/usr"})}, Landlock::off)->fd);
    EXPECT_FALSE(make_ruleset({.read = paths({"/usr"})}, Landlock::best_effort, 0)->fd);
}

}  // namespace
}  // namespace rs::policy
