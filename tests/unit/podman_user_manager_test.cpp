// UserUnits against a systemd manager that is played here: on the same loop, behind a real socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/base/user.hpp"
#include "supervisor/podman/user_units.hpp"

namespace rs {
namespace {

constexpr const char* kManager = "org.freedesktop.systemd1";
constexpr const char* kUnitPrefix = "/org/freedesktop/systemd1/unit";

struct CloseUnref {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, CloseUnref>;

// A manager from its first to its last moment. Units are named by their object paths.
class Manager {
  public:
    Manager(Loop& loop, const std::filesystem::path& runtime_dir)
        : loop_(loop), path_(runtime_dir / "systemd/private") {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
        std::filesystem::create_directories(path_.parent_path());
        listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        on_client_ = *loop.on_readable(listener_.get(), [this] { accept(); });
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() { std::filesystem::remove(path_); }

    void set(const std::string& name, const std::string& active, const std::string& load = "loaded") {
        units_[Bus::object_path(kUnitPrefix, name)] = {
            {"Id", name}, {"LoadState", load}, {"ActiveState", active}, {"SubState", active}};
    }
    void change(const std::string& name, const std::string& active) {
        set(name, active);
        const std::string path = Bus::object_path(kUnitPrefix, name);
        sd_bus_emit_signal(client_.get(), path.c_str(), "org.freedesktop.DBus.Properties",
                           "PropertiesChanged", "sa{sv}as", "org.freedesktop.systemd1.Unit", 0, 0);
    }
    void end_job(const std::string& name, const std::string& result) {
        sd_bus_emit_signal(client_.get(), "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                           "JobRemoved", "uoss", 1, "/org/freedesktop/systemd1/job/1", name.c_str(),
                           result.c_str());
    }

    std::string refuse;                // the error in answer to StartUnit
    std::vector<std::string> started;  // by StartUnit, which starts nothing here
    unsigned clients = 0;
    bool hang_up = false;  // on everyone who comes

  private:
    void accept() {
        UniqueFd client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        ++clients;
        if (hang_up) return;
        sd_bus* bus = nullptr;
        ASSERT_GE(sd_bus_new(&bus), 0);
        client_.reset(bus);
        ASSERT_GE(sd_bus_set_fd(bus, client.get(), client.get()), 0);
        static_cast<void>(client.release());
        ASSERT_GE(sd_bus_set_server(bus, 1, SD_ID128_MAKE(1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f, 0)),
                  0);
        ASSERT_GE(sd_bus_set_sender(bus, kManager), 0);
        ASSERT_GE(sd_bus_add_filter(bus, nullptr, answer, this), 0);
        ASSERT_GE(sd_bus_start(bus), 0);
        ASSERT_GE(sd_bus_attach_event(bus, loop_.get(), 0), 0);
    }

    static int answer(sd_bus_message* call, void* self, sd_bus_error* /*error*/) {
        if (sd_bus_message_is_method_call(call, nullptr, nullptr) <= 0) return 0;
        return static_cast<Manager*>(self)->answer(call, sd_bus_message_get_member(call));
    }
    int answer(sd_bus_message* call, const std::string& member) {
        const char* argument = "";
        if (sd_bus_message_has_signature(call, "") == 0) sd_bus_message_read_basic(call, 's', &argument);
        if (member == "Subscribe") return sd_bus_reply_method_return(call, "");
        if (member == "Get") return sd_bus_reply_method_return(call, "v", "s", "exit-code");
        if (member == "GetAll") return answer_properties(call, units_[sd_bus_message_get_path(call)]);
        if (member != "StartUnit")
            return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_METHOD, "what?");
        started.emplace_back(argument);
        if (refuse.empty()) return sd_bus_reply_method_return(call, "o", "/org/freedesktop/systemd1/job/1");
        return sd_bus_reply_method_errorf(call, "org.freedesktop.systemd1.Refused", "%s", refuse.c_str());
    }
    static int answer_properties(sd_bus_message* call, const std::map<std::string, std::string>& properties) {
        sd_bus_message* made = nullptr;
        sd_bus_message_new_method_return(call, &made);
        const Message answer{made};
        sd_bus_message_open_container(made, 'a', "{sv}");
        sd_bus_message_append(made, "{sv}{sv}", "CanStart", "b", 1, "LoadError", "(ss)", "", "");
        for (const auto& [name, value] : properties) {
            sd_bus_message_append(made, "{sv}", name.c_str(), "s", value.c_str());
        }
        sd_bus_message_close_container(made);
        return sd_bus_send(nullptr, made, nullptr);
    }

    Loop& loop_;
    std::filesystem::path path_;
    std::map<std::string, std::map<std::string, std::string>> units_;
    UniqueFd listener_;
    Loop::Source on_client_;
    std::unique_ptr<sd_bus, CloseUnref> client_;
};

class UserManager : public testing::Test {
  protected:
    ~UserManager() override {
        units_.reset();
        manager_.reset();
        std::filesystem::remove_all(directory_);
    }

    Manager& begin() {
        manager_.reset();
        return *(manager_ = std::make_unique<Manager>(loop_, directory_));
    }
    void wait_for(const std::vector<std::string>& names, bool start = false) {
        units_ = std::make_unique<UserUnits>(
            PodmanPaths{.runtime_dir = {directory_, directory_}, .runroot = ""}, names, start);
        look();
    }
    // As the application does it.
    void look() {
        units_->arm(loop_, [this] { look(); });
        if (units_->asking()) return;
        const auto state = units_->state();
        const std::string text = state ? "all active" : state.error().text();
        if (told_.empty() || told_.back() != text) told_.push_back(text);
    }
    void run_until_told(const std::string& text) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
        while ((told_.empty() || told_.back() != text) && std::chrono::steady_clock::now() < deadline) {
            sd_event_run(loop_.get(), 100'000);
        }
        EXPECT_THAT(told_, testing::Contains(text));
    }
    void run_for(std::chrono::milliseconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < end)
            sd_event_run(loop_.get(), 1'000);
    }
    static std::string missing(const std::string& name, const std::string& problem) {
        return "unit " + name + " of user " + user_name() + " " + problem + "; waiting for unit " + name;
    }

    std::vector<std::string> told_;
    std::string template_ = testing::TempDir() + "rs-user-XXXXXX";
    std::string directory_ = ::mkdtemp(template_.data());
    Loop loop_ = *Loop::create();
    std::unique_ptr<Manager> manager_;
    std::unique_ptr<UserUnits> units_;
};

TEST_F(UserManager, IsAskedWithoutAWordUntilItHasTold) {
    begin().set("a.service", "active");
    manager_->set("b@1.service", "active");
    wait_for({"a.service", "b@1.service"});
    EXPECT_TRUE(units_->asking());
    run_until_told("all active");
    EXPECT_THAT(told_, testing::ElementsAre("all active"));
    EXPECT_EQ(units_->items()[1].sub, "active");
}

TEST_F(UserManager, TellsOfEachChange) {
    begin().set("a.service", "inactive");
    wait_for({"a.service"});
    run_until_told(missing("a.service", "is inactive"));
    manager_->change("a.service", "active");
    run_until_told("all active");
    manager_->change("a.service", "failed");
    run_until_told(missing("a.service", "failed (result exit-code)"));
    EXPECT_EQ(units_->items()[0].result, "exit-code");
}

TEST_F(UserManager, TellsOfTheFirstUnitThatIsMissing) {
    begin().set("a.service", "active");
    manager_->set("b.service", "inactive", "not-found");
    manager_->set("c.service", "inactive");
    wait_for({"a.service", "b.service", "c.service"});
    run_until_told(missing("b.service", "is not found (no such unit file)"));
}

TEST_F(UserManager, TellsOfAJobThatEndedForAnotherUnit) {
    begin().set("a.service", "inactive");
    wait_for({"a.service"});
    run_until_told(missing("a.service", "is inactive"));
    manager_->end_job("other.service", "timeout");
    manager_->end_job("a.service", "dependency");
    run_until_told(missing("a.service", "is inactive (its last job ended with result dependency)"));
}

TEST_F(UserManager, StartsWhatItFindsInactiveOnce) {
    begin().set("a.service", "inactive");
    manager_->set("b.service", "active");
    manager_->set("c.service", "failed");
    wait_for({"b.service", "a.service", "c.service"}, true);
    run_until_told(missing("a.service", "is inactive"));
    manager_->change("a.service", "active");
    run_until_told(missing("c.service", "failed (result exit-code)"));
    manager_->change("a.service", "inactive");
    manager_->change("b.service", "inactive");
    run_until_told(missing("b.service", "is inactive"));
    run_for(std::chrono::milliseconds{50});
    EXPECT_THAT(manager_->started, testing::ElementsAre("a.service"));
}

TEST_F(UserManager, TellsWhyAUnitCannotBeStarted) {
    begin().set("a.service", "inactive");
    manager_->refuse = "Operation refused.";
    wait_for({"a.service"}, true);
    run_until_told(missing("a.service", "is inactive (cannot be started: Operation refused)"));
}

TEST_F(UserManager, StartsNothingUnlessItShall) {
    begin().set("a.service", "inactive");
    wait_for({"a.service"});
    run_until_told(missing("a.service", "is inactive"));
    run_for(std::chrono::milliseconds{50});
    EXPECT_THAT(manager_->started, testing::IsEmpty());
}

TEST_F(UserManager, IsFoundAgainWhenItCameBack) {
    begin().set("a.service", "active");
    wait_for({"a.service"});
    run_until_told("all active");
    manager_.reset();
    run_until_told("the systemd manager of user " + user_name() + " is not running (cannot connect to '" +
                   directory_ + "/systemd/private'); waiting for unit a.service");
    begin().set("a.service", "active");
    look();  // what Watch does
    run_until_told("all active");
}

TEST_F(UserManager, ThatHangsUpIsTriedMoreAndMoreRarely) {
    begin().hang_up = true;
    wait_for({"a.service"});
    run_for(std::chrono::milliseconds{700});
    EXPECT_GE(manager_->clients, 3U);
    EXPECT_LE(manager_->clients, 6U);
    manager_->hang_up = false;
    manager_->set("a.service", "active");
    run_until_told("all active");
    EXPECT_EQ(told_.front(), "the systemd manager of user " + user_name() +
                                 " closes the connection at once; waiting for unit a.service");
}

}  // namespace
}  // namespace rs
