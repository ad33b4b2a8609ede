#include "supervisor/control/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

#include "supervisor/control/interface.h"
#include "supervisor/control/metrics.hpp"

namespace rs::control {
namespace {

// Below everything of the proxy's (sd_event_source_set_priority(3)).
constexpr std::int64_t kPriority = SD_EVENT_PRIORITY_NORMAL + 10;

// A client is behind while its socket takes nothing more (poll(2); the kernel holds a fourth of the send
// buffer, some 40 events), and stuck after so many messages. An eager reader is behind for no longer than it
// takes to schedule it.
constexpr int kPatience = 256;

std::unexpected<Error> socket_error(const std::string& path, int code) {
    return fail_errno(std::format("cannot listen on the control socket '{}'", path), code);
}

Result<UniqueFd> listen_on(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof address.sun_path) return socket_error(path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return socket_error(path, errno);
    if (::unlink(path.c_str()) < 0 && errno != ENOENT) return socket_error(path, errno);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        ::chmod(path.c_str(), 0666) < 0 || ::listen(socket.get(), SOMAXCONN) < 0) {
        return socket_error(path, errno);
    }
    return socket;
}

UniqueFd spare_descriptor() {
    return UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

// Most descriptors stay with the proxy's business.
unsigned connections_in_all() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return Server::kPerUser;
    return static_cast<unsigned>(std::clamp<rlim_t>(limit.rlim_cur / 4, 4, Server::kInAll));
}

}  // namespace

// The barrier between sd-varlink (C) and what answers: a call has no parameters, and its client is one of
// ours.
template <Server::Method Answer>
int Server::on_call(sd_varlink* link, sd_json_variant* parameters, Flags flags, void* userdata) noexcept {
    static constexpr std::array<sd_json_dispatch_field, 1> kNoParameters{};
    try {
        if (const int r = sd_varlink_dispatch(link, parameters, kNoParameters.data(), nullptr); r != 0)
            return r;
        auto& server = *static_cast<Server*>(userdata);
        const auto client = server.clients_.find(link);
        if (client == server.clients_.end() || !server.reads(client->second)) return 0;
        (server.*Answer)(client->second, flags);
        return 0;
    } catch (...) {
        sd_event_exit(sd_varlink_get_event(link), -ENOTRECOVERABLE);
        return 0;
    }
}

void Server::on_disconnect(sd_varlink_server*, sd_varlink* link, void* userdata) noexcept {
    try {
        static_cast<Server*>(userdata)->forget(link);
    } catch (...) {
        sd_event_exit(sd_varlink_get_event(link), -ENOTRECOVERABLE);
    }
}

Result<std::unique_ptr<Server>> Server::create(Loop& loop, const std::string& path, Service service) {
    auto listener = listen_on(path);
    if (!listener) return std::unexpected(listener.error());
    std::unique_ptr<Server> server{new Server{loop, std::move(service), path, std::move(*listener)}};
    if (auto prepared = server->prepare(); !prepared) return std::unexpected(prepared.error());
    if (auto listening = server->listen(); !listening) return std::unexpected(listening.error());
    return server;
}

Result<> Server::prepare() {
    // Without ACCOUNT_UID no limit counts.
    sd_varlink_server* server = nullptr;
    constexpr auto kFlags = static_cast<sd_varlink_server_flags_t>(SD_VARLINK_SERVER_ACCOUNT_UID |
                                                                   SD_VARLINK_SERVER_INHERIT_USERDATA);
    if (const int r = sd_varlink_server_new(&server, kFlags); r < 0) return socket_error(path_, -r);
    server_.reset(server);
    sd_varlink_server_set_userdata(server, this);
    const unsigned in_all = connections_in_all();
    for (const int each :
         {sd_varlink_server_set_info(server, "", "rootless-supervisor", RS_VERSION, ""),
          sd_varlink_server_set_connections_max(server, in_all),
          sd_varlink_server_set_connections_per_uid_max(server, std::min(kPerUser, in_all / 2)),
          sd_varlink_server_add_interface(server, rs_control_interface()),
          sd_varlink_server_bind_disconnect(server, &on_disconnect), bind_methods(),
          sd_varlink_server_attach_event(server, loop_.get(), kPriority)}) {
        if (each < 0) return socket_error(path_, -each);
    }
    return {};
}

int Server::bind_methods() {
    return sd_varlink_server_bind_method_many(
        server_.get(),                                                      //
        RS_INTERFACE ".GetStatus", &on_call<&Server::get_status>,           //
        RS_INTERFACE ".Monitor", &on_call<&Server::monitor>,                //
        RS_INTERFACE ".Restart", &on_call<&Server::change<Verb::restart>>,  //
        RS_INTERFACE ".Reload", &on_call<&Server::change<Verb::reload>>,    //
        RS_INTERFACE ".Stop", &on_call<&Server::change<Verb::stop>>,        //
        RS_INTERFACE ".Start", &on_call<&Server::change<Verb::start>>,      //
        RS_INTERFACE ".GetConfig", &on_call<&Server::get_config>,           //
        RS_INTERFACE ".Explain", &on_call<&Server::explain>,                //
        RS_INTERFACE ".GetMetrics", &on_call<&Server::get_metrics>,         //
        RS_INTERFACE ".Learn", &on_learn);
}

// Connections are accepted here and not by sd-varlink, which stops listening for good when accept(2) fails
// once.
Result<> Server::listen() {
    if (auto accepting = accept_from_now_on(); !accepting) return accepting;
    auto exit = loop_.on_exit([this] { close_all(); });
    if (!exit) return std::unexpected(exit.error());
    on_exit_ = std::move(*exit);
    return {};
}

Result<> Server::accept_from_now_on() {
    spare_ = spare_descriptor();
    auto connection = loop_.on_readable(listener_.get(), [this] { accept_one(); });
    if (!connection) return std::unexpected(connection.error());
    on_connection_ = std::move(*connection);
    return {};
}

Server::~Server() {
    close_all();
    ::unlink(path_.c_str());
}

void Server::accept_one() {
    UniqueFd connection{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!connection) {
        if (errno == EMFILE || errno == ENFILE) shed_one();
        return;  // the client has gone; or the kernel is short of memory, and the loop comes back
    }
    sd_varlink* link = nullptr;
    // Refused: too many, of this user or in all; or a peer from another pid namespace, who cannot be counted.
    if (sd_varlink_server_add_connection(server_.get(), connection.get(), &link) < 0) return;
    [[maybe_unused]] const int taken_over = connection.release();
    uid_t uid = 0;
    const bool known = sd_varlink_get_peer_uid(link, &uid) >= 0;
    const bool stranger = !known || (uid != 0 && uid != ::geteuid());
    if (stranger && std::ranges::count_if(clients_, [](const auto& each) { return each.second.stranger; }) >=
                        kStrangers) {
        sd_varlink_close(link);
        return;
    }
    clients_[link] = {.link{sd_varlink_ref(link)}, .stranger = stranger};
}

// Out of descriptors: the listener would stay readable and keep the loop busy. One client hears that it is
// not wanted; where not even that is possible (the whole system is out of them), all wait for a second.
void Server::shed_one() {
    spare_.reset();
    UniqueFd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)}.reset();
    spare_ = spare_descriptor();
    if (spare_) return;
    auto pause = loop_.after(std::chrono::seconds{1}, [this] {
        if (auto again = accept_from_now_on(); !again) sd_event_exit(loop_.get(), -ENOMEM);
    });
    if (!pause) return;
    on_connection_.reset();
    pause_ = std::move(*pause);
}

void Server::forget(sd_varlink* link) {
    const auto client = clients_.extract(link);
    if (client && client.mapped().learns) service_.stop_learning();
}

// What has been said is sent as far as it goes without waiting. sd-varlink's own handlers would wait for
// everybody to read.
void Server::close_all() {
    constexpr int kSteps = 8;
    on_connection_.reset();
    auto clients = std::exchange(clients_, {});
    for (auto& [link, client] : clients) {
        for (int i = 0; i < kSteps && sd_varlink_process(link) > 0; ++i) {
        }
        sd_varlink_close(link);
    }
}

// False for who is stuck; he gets no further answer.
bool Server::reads(Client& client) {
    if (client.stuck) return false;
    pollfd socket{.fd = sd_varlink_get_fd(client.link.get()), .events = POLLOUT, .revents = 0};
    client.unread = ::poll(&socket, 1, 0) == 0 ? client.unread + 1 : 0;
    if (client.unread < kPatience) return true;
    disconnect_soon(client);
    return false;
}

// Not at once: sd-varlink does not survive that within a call from this client.
void Server::disconnect_soon(Client& client) {
    client.stuck = true;
    if (on_stuck_) return;
    auto timer = loop_.after(std::chrono::milliseconds{0}, [this] { disconnect_stuck(); });
    if (timer) on_stuck_ = std::move(*timer);
}

void Server::disconnect_stuck() {
    on_stuck_.reset();
    std::vector<sd_varlink*> stuck;  // closing one changes the table
    for (const auto& [link, client] : clients_) {
        if (client.stuck) stuck.push_back(link);
    }
    std::ranges::for_each(stuck, &sd_varlink_close);
}

void Server::publish(const Event& event, bool with_status) {
    if (std::ranges::none_of(clients_, [](const auto& each) { return each.second.monitors; })) return;
    const Json message =
        Json::object({{"event", json(event)}, {"status", with_status ? json(service_.status()) : Json{}}});
    for (auto& [link, client] : clients_) {
        if (!client.monitors || !reads(client)) continue;
        if (sd_varlink_notify(link, message.get()) < 0) disconnect_soon(client);
    }
}

void Server::reply(Client& client, const Json& message) {
    if (sd_varlink_reply(client.link.get(), message.get()) < 0) disconnect_soon(client);
}

void Server::answer(Verb verb, const char* error, const std::string& reason) {
    const bool has_reason = error == kProxyFailed || error == kReloadFailed || error == kSuperseded;
    const Json parameters = has_reason ? Json::object({{"reason", Json::of(reason)}}) : Json{};
    for (auto& [link, client] : clients_) {
        if (client.awaits.erase(verb) == 0) continue;
        if (error == nullptr) {
            sd_varlink_reply(link, nullptr);
        } else {
            sd_varlink_error(link, error, parameters.get());
        }
    }
}

void Server::get_status(Client& client, Flags) {
    reply(client, Json::object({{"status", json(service_.status())}}));
}

// Not const: it is one of the methods that on_call() takes.
// NOLINTNEXTLINE(readability-make-member-function-const)
void Server::monitor(Client& client, Flags flags) {
    if ((flags & SD_VARLINK_METHOD_MORE) == 0) {
        sd_varlink_error(client.link.get(), SD_VARLINK_ERROR_EXPECTED_MORE, nullptr);
        return;
    }
    client.monitors = true;
    sd_varlink_notify(client.link.get(),
                      Json::object({{"event", Json{}}, {"status", json(service_.status())}}).get());
}

bool Server::may_change(sd_varlink* link) const {
    Peer peer{.uid = static_cast<uid_t>(-1), .pid = 0, .pidfd = sd_varlink_get_peer_pidfd(link)};
    const bool known =
        sd_varlink_get_peer_uid(link, &peer.uid) >= 0 && sd_varlink_get_peer_pid(link, &peer.pid) >= 0;
    return known && gate_.may_change(peer);
}

template <Verb Wanted>
void Server::change(Client& client, Flags flags) {
    sd_varlink* link = client.link.get();
    if (!may_change(link)) {
        sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, nullptr);
        return;
    }
    if ((flags & SD_VARLINK_METHOD_ONEWAY) == 0) client.awaits.insert(Wanted);
    service_.ask(Wanted);
}

void Server::get_config(Client& client, Flags) {
    reply(client, json(service_.config()));
}

void Server::explain(Client& client, Flags) {
    reply(client, Json::object({{"checks", json(service_.explain())}}));
}

void Server::get_metrics(Client& client, Flags) {
    const std::string text = metrics(service_.status(), std::chrono::system_clock::now());
    reply(client, Json::object({{"metrics", Json::of(text)}}));
}

}  // namespace rs::control
