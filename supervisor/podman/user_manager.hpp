// The user's systemd manager: finds it, keeps in touch with it, and says what is wrong when it does not
// answer.
//
// The way to it is the manager's own socket, systemd/private in the runtime directory, as for systemctl
// --user and for Podman itself: it is there exactly as long as the manager is, with or without a session bus,
// and nothing is started or kept running by our asking. Where a systemd has no such socket, its session bus
// serves.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/base/bus.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/podman/paths.hpp"

namespace rs {

class UserManager {
  public:
    // Called from the loop, or from arm() where it says so.
    struct Observer {
        // A new connection, by arm() too: the place to say which signals are wanted. Nothing is known any
        // more.
        std::function<Result<>()> connected;
        // It answers and will tell of changes from now on: ask for everything, whatever was asked before.
        std::function<void()> answers;
        // trouble() may have changed, or arm() is to be called.
        std::function<void()> changed;
    };

    // The user is named in messages only.
    UserManager(const PodmanPaths& paths, std::string user)
        : runtime_dir_(paths.runtime_dir), user_(std::move(user)) {}
    UserManager(const UserManager&) = delete;
    UserManager& operator=(const UserManager&) = delete;

    // Connects if that is possible and not done yet. The first observer stays.
    void arm(Loop& loop, const Observer& observer);

    [[nodiscard]] bool connected() const { return bus_ != nullptr; }
    // Why it cannot be asked: "the systemd manager of user test is not running (…)". Empty while it can.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

    // A method of org.freedesktop.systemd1.Manager.
    void call(const std::string& member, std::vector<std::string> arguments, Bus::Handler handler);
    // A method of org.freedesktop.DBus.Properties on a unit.
    void call_unit(const std::string& unit, const std::string& member, std::vector<std::string> arguments,
                   Bus::Handler handler);
    // A signal of the manager's; `more` is appended to the match rule.
    Result<> on_signal(const std::string& member, const std::string& more, Bus::Handler handler);
    // The unit's properties changed.
    Result<> on_change(const std::string& unit, Bus::Handler handler);

    // For whom an answer was a silence: `answers` comes once it answers again.
    void ask_whether_it_answers();

  private:
    void reach();
    Result<> introduce(Bus::Kind kind);
    void lost();
    void try_later();
    bool subscribe();
    void subscribed(const Bus::Message& answer);
    bool send(const Bus::Call& call, Bus::Handler handler);
    void complain(const std::string& problem);
    [[nodiscard]] std::string unreachable(const Place& socket, int code) const;

    Place runtime_dir_;
    std::string user_;
    Loop* loop_ = nullptr;
    Observer observer_;

    std::string trouble_;
    bool subscribing_ = false;
    bool worked_ = false;    // it has answered on this connection
    unsigned attempts_ = 0;  // connections in a row that did not work
    Loop::Source retry_, patience_;
    std::unique_ptr<Bus> bus_;
};

}  // namespace rs
