// The varlink server (sd-varlink(3)) on the control socket.
//
// What a client does harms nobody else: connections are limited, whoever does not read is disconnected, a
// client that goes takes its unanswered requests along, and exit waits for none. All of it runs below the
// priority of the proxy's own business.
//
// Memory is bounded by those limits, not by MemoryMax= of the unit, which would hit the proxy in the same
// cgroup. For each connection sd-varlink buffers up to 16 MiB of a message that is not complete; of what is
// not read there is never more than 256 messages.
#pragma once

#include <systemd/sd-varlink.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/control/json.hpp"
#include "supervisor/control/peer.hpp"
#include "supervisor/control/status.hpp"

namespace rs::control {

// What is asked for and answered later.
enum class Verb { restart, reload, stop, start };

// Names of errors, to answer with.
inline constexpr const char* kProxyFailed = "io.rootless.Supervisor.ProxyFailed";
inline constexpr const char* kReloadFailed = "io.rootless.Supervisor.ReloadFailed";
inline constexpr const char* kSuperseded = "io.rootless.Supervisor.Superseded";
inline constexpr const char* kNotStopped = "io.rootless.Supervisor.NotStopped";
inline constexpr const char* kStopping = "io.rootless.Supervisor.Stopping";
inline constexpr const char* kAlreadyLearning = "io.rootless.Supervisor.AlreadyLearning";

// Who knows the answers.
struct Service {
    std::function<Status()> status;
    std::function<ConfigText()> config;
    std::function<std::vector<Check>()> explain;
    std::function<void(Verb)> ask;  // leads to Server::answer, perhaps before it returns
    // Leads to Server::answer_lesson, unless the client goes away first, which ends it.
    std::function<void(std::chrono::microseconds)> learn;
    std::function<void()> stop_learning;
};

class Server {
  public:
    // Connections of root and of the service's own user, each; of all others together; and in all, which is
    // less where RLIMIT_NOFILE is low.
    static constexpr unsigned kPerUser = 32;
    static constexpr unsigned kStrangers = 16;
    static constexpr unsigned kInAll = 2 * kPerUser + kStrangers;

    // Whoever can reach `path` may connect (mode 0666). A socket that an earlier run left there is replaced.
    // Errors: bind(2) and what sd-varlink reports.
    static Result<std::unique_ptr<Server>> create(Loop& loop, const std::string& path, Service service);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // All who wait for this get their answer. `error` is null for success; a reason goes with the errors that
    // have one.
    void answer(Verb verb, const char* error, const std::string& reason);

    // For the one who learns. `text` is the profile, or the reason that goes with the error.
    void answer_lesson(const char* error, const std::string& text, const std::vector<std::string>& refused);

    // Tells the monitors; with the status where it may have changed.
    void publish(const Event& event, bool with_status);

  private:
    struct Unref {
        void operator()(sd_varlink* link) const { sd_varlink_unref(link); }
        void operator()(sd_varlink_server* server) const { sd_varlink_server_unref(server); }
    };
    struct Client {
        std::unique_ptr<sd_varlink, Unref> link;
        std::set<Verb> awaits{};
        bool stranger = false;
        bool monitors = false;
        bool learns = false;
        bool stuck = false;  // and about to be disconnected
        int unread = 0;      // messages sent in a row while it had not read the ones before
    };
    using Flags = sd_varlink_method_flags_t;
    using Method = void (Server::*)(Client& client, Flags flags);

    Server(Loop& loop, Service service, std::string path, UniqueFd listener)
        : loop_(loop), service_(std::move(service)), path_(std::move(path)), listener_(std::move(listener)) {}

    Result<> prepare();
    int bind_methods();
    Result<> listen();
    Result<> accept_from_now_on();
    void accept_one();
    void shed_one();
    void forget(sd_varlink* link);
    void close_all();
    [[nodiscard]] bool reads(Client& client);
    void disconnect_soon(Client& client);
    void disconnect_stuck();
    void reply(Client& client, const Json& message);

    template <Method Answer>
    static int on_call(sd_varlink* link, sd_json_variant* parameters, Flags flags, void* userdata) noexcept;
    static int on_learn(sd_varlink* link, sd_json_variant* parameters, Flags flags, void* userdata) noexcept;
    static void on_disconnect(sd_varlink_server* server, sd_varlink* link, void* userdata) noexcept;

    void get_status(Client& client, Flags flags);
    void monitor(Client& client, Flags flags);
    [[nodiscard]] bool may_change(sd_varlink* link) const;
    void learn(Client& client, std::uint64_t usec, Flags flags);
    template <Verb Wanted>
    void change(Client& client, Flags flags);
    void get_config(Client& client, Flags flags);
    void explain(Client& client, Flags flags);
    void get_metrics(Client& client, Flags flags);

    Loop& loop_;
    Service service_;
    std::string path_;
    UniqueFd listener_;
    UniqueFd spare_;  // given up for a moment when descriptors run out
    Gate gate_ = Gate::of_this_process();
    std::map<sd_varlink*, Client> clients_;
    std::unique_ptr<sd_varlink_server, Unref> server_;
    Loop::Source on_connection_, on_exit_, on_stuck_, pause_;
};

}  // namespace rs::control
