#include "supervisor/ctl/link.hpp"

#include <cerrno>
#include <cstdint>
#include <format>
#include <utility>

#include "supervisor/base/error.hpp"
#include "supervisor/control/interface.h"
#include "supervisor/ctl/decode.hpp"

namespace rs::ctl {
namespace {

Failure not_asked(int code) {
    return {.id = {}, .reason = reason_of(code), .code = code};
}

Failure failure_of(const char* id, sd_json_variant* parameters) {
    return {.id = id, .reason = reason_in(parameters), .code = 0};
}

std::string full_name(const std::string& method) {
    return std::format("{}.{}", RS_INTERFACE, method);
}

}  // namespace

std::string Target::shown() const {
    return host.empty() ? name : std::format("{} on {}", name, host);
}

bool Failure::is_unreachable() const {
    return id.empty() || is(SD_VARLINK_ERROR_DISCONNECTED) || is(SD_VARLINK_ERROR_TIMEOUT);
}

std::expected<Link, Failure> Link::connect(const Target& target) {
    const std::string path = std::format("{}/{}/control", kRuntimeDirectory, target.name);
    sd_varlink* made = nullptr;
    const int r = target.host.empty() ? sd_varlink_connect_address(&made, path.c_str())
                                      : sd_varlink_connect_url(
                                            &made, std::format("ssh-unix:{}:{}", target.host, path).c_str());
    if (r < 0) return std::unexpected(not_asked(-r));
    return Link{made};
}

std::expected<Json, Failure> Link::call(const std::string& method, std::chrono::seconds timeout) {
    const std::uint64_t span = timeout.count() == 0
                                   ? UINT64_MAX
                                   : static_cast<std::uint64_t>(std::chrono::microseconds{timeout}.count());
    sd_json_variant* parameters = nullptr;
    const char* error = nullptr;
    int r = sd_varlink_set_relative_timeout(link_.get(), span);
    if (r >= 0) r = sd_varlink_call(link_.get(), full_name(method).c_str(), nullptr, &parameters, &error);
    if (r < 0) return std::unexpected(not_asked(-r));
    if (error != nullptr) return std::unexpected(failure_of(error, parameters));
    return shared(parameters);  // the link's own, until its next call
}

std::expected<void, Failure> Link::observe(Loop& loop, const std::string& method, Observer observer) {
    observer_ = std::make_unique<Observer>(std::move(observer));
    sd_varlink_set_userdata(link_.get(), observer_.get());
    int r = sd_varlink_set_relative_timeout(link_.get(), UINT64_MAX);
    if (r >= 0) r = sd_varlink_bind_reply(link_.get(), on_reply);
    if (r >= 0) r = sd_varlink_attach_event(link_.get(), loop.get(), SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0) r = sd_varlink_observe(link_.get(), full_name(method).c_str(), nullptr);
    if (r < 0) return std::unexpected(not_asked(-r));
    return {};
}

int Link::on_reply(sd_varlink* link, sd_json_variant* parameters, const char* error,
                   sd_varlink_reply_flags_t /*flags*/, void* userdata) noexcept {
    sd_event* const event = sd_varlink_get_event(link);
    try {
        // Copied: it may destroy the link, and with it the original.
        const Observer observer = *static_cast<Observer*>(userdata);
        if (error != nullptr) {
            observer(std::unexpected(failure_of(error, parameters)));
        } else {
            observer(shared(parameters));
        }
    } catch (...) {
        sd_event_exit(event, -ENOTRECOVERABLE);
    }
    return 0;
}

}  // namespace rs::ctl
