// Learn(): asked by one client at a time, and answered when the time is over.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include "supervisor/control/server.hpp"

namespace rs::control {
namespace {

constexpr const char* kTime = "forUSec";
constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kLongest = 3'600 * kSecond;

}  // namespace

// As on_call(), with a parameter.
int Server::on_learn(sd_varlink* link, sd_json_variant* parameters, Flags flags, void* userdata) noexcept {
    static constexpr std::array<sd_json_dispatch_field, 2> kParameters{
        {{kTime, SD_JSON_VARIANT_UNSIGNED, &sd_json_dispatch_uint64, 0, SD_JSON_MANDATORY}, {}}};
    try {
        std::uint64_t usec = 0;
        if (const int r = sd_varlink_dispatch(link, parameters, kParameters.data(), &usec); r != 0) return r;
        auto& server = *static_cast<Server*>(userdata);
        if (const auto client = server.clients_.find(link); client != server.clients_.end())
            server.learn(client->second, usec, flags);
        return 0;
    } catch (...) {
        sd_event_exit(sd_varlink_get_event(link), -ENOTRECOVERABLE);
        return 0;
    }
}

void Server::learn(Client& client, std::uint64_t usec, Flags flags) {
    sd_varlink* link = client.link.get();
    if ((flags & SD_VARLINK_METHOD_ONEWAY) != 0) return;  // who does not wait for the answer does not want it
    if (!may_change(link)) {
        sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, nullptr);
        return;
    }
    if (usec < kSecond || usec > kLongest) {
        sd_varlink_error_invalid_parameter_name(link, kTime);
        return;
    }
    for (const auto& [other, each] : clients_) {
        if (!each.learns) continue;
        sd_varlink_error(link, kAlreadyLearning, nullptr);
        return;
    }
    client.learns = true;
    service_.learn(std::chrono::microseconds{usec});
}

void Server::answer_lesson(const char* error, const std::string& text,
                           const std::vector<std::string>& refused) {
    for (auto& [link, client] : clients_) {
        if (!std::exchange(client.learns, false)) continue;
        if (error == nullptr) {
            std::vector<Json> calls;
            for (const auto& call : refused)
                calls.push_back(Json::of(call));
            sd_varlink_reply(
                link, Json::object({{"profile", Json::of(text)}, {"refused", Json::array(calls)}}).get());
        } else {
            const bool has_reason = error == kProxyFailed;
            sd_varlink_error(link, error,
                             has_reason ? Json::object({{"reason", Json::of(text)}}).get() : nullptr);
        }
        return;
    }
}

}  // namespace rs::control
