#include "supervisor/audit/ask.hpp"

#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>

#include <cerrno>
#include <format>
#include <memory>

#include "supervisor/control/interface.h"

namespace rs::audit {
namespace {

constexpr unsigned long long kTimeoutUsec = 5'000'000;

struct Unref {
    void operator()(sd_varlink* link) const { sd_varlink_flush_close_unref(link); }
    void operator()(sd_json_variant* value) const { sd_json_variant_unref(value); }
};

sd_json_variant* member(sd_json_variant* object, const char* name) {
    return object != nullptr && sd_json_variant_is_object(object) != 0 ? sd_json_variant_by_key(object, name)
                                                                       : nullptr;
}

std::string text(sd_json_variant* object, const char* name) {
    sd_json_variant* const value = member(object, name);
    if (value == nullptr || sd_json_variant_is_string(value) == 0) return {};
    return sd_json_variant_string(value);
}

int number(sd_json_variant* object, const char* name) {
    sd_json_variant* const value = member(object, name);
    if (value == nullptr || sd_json_variant_is_integer(value) == 0) return 0;
    return static_cast<int>(sd_json_variant_integer(value));
}

bool flag(sd_json_variant* object, const char* name) {
    sd_json_variant* const value = member(object, name);
    return value != nullptr && sd_json_variant_is_boolean(value) != 0 && sd_json_variant_boolean(value) != 0;
}

template <class Each>
void for_each(sd_json_variant* object, const char* name, Each each) {
    sd_json_variant* const list = member(object, name);
    if (list == nullptr || sd_json_variant_is_array(list) == 0) return;
    for (std::size_t i = 0; i < sd_json_variant_elements(list); ++i)
        each(sd_json_variant_by_index(list, i));
}

Result<Told> told_in(sd_json_variant* parameters) {
    sd_json_variant* const status = member(parameters, "status");
    Told told;
    told.state = text(status, "state");
    told.supervisor_pid = number(status, "supervisorPid");
    told.config_file = text(status, "configFile");
    told.config_changed = flag(status, "configChanged");
    if (told.state.empty() || told.supervisor_pid <= 0 || told.config_file.empty())
        return fail("the supervisor's answer lacks its state, its process or its configuration");

    // The serving one comes first, then the starting one.
    for_each(status, "proxies", [&](sd_json_variant* proxy) {
        const std::string role = text(proxy, "role");
        if (told.proxy_pid != 0 || role == "draining") return;
        told.proxy_pid = number(proxy, "pid");
        told.role = role;
    });
    for_each(status, "sockets", [&](sd_json_variant* socket) {
        told.sockets.push_back({number(socket, "fd"), text(socket, "address")});
    });
    sd_json_variant* const namespaces = member(status, "namespaces");
    told.pause_pid = number(namespaces, "pausePid");
    told.user_namespace = text(namespaces, "user");
    told.network_namespace = text(namespaces, "network");
    return told;
}

}  // namespace

Result<Told> parse_told(const std::string& json) {
    sd_json_variant* value = nullptr;
    const int r = sd_json_parse(json.c_str(), sd_json_parse_flags_t{}, &value, nullptr, nullptr);
    const std::unique_ptr<sd_json_variant, Unref> owned{value};
    if (r < 0) return fail_errno("the supervisor's answer is no JSON", -r);
    return told_in(value);
}

Result<Answer> ask(const std::string& socket_path) {
    const auto failed = [&](int r) {
        return fail_errno(std::format("control socket '{}'", socket_path), -r);
    };
    sd_varlink* made = nullptr;
    if (const int r = sd_varlink_connect_address(&made, socket_path.c_str()); r < 0) return failed(r);
    const std::unique_ptr<sd_varlink, Unref> link{made};

    pid_t listens = 0;
    if (const int r = sd_varlink_get_peer_pid(link.get(), &listens); r < 0) return failed(r);
    auto supervisor = Process::open(listens);
    if (!supervisor) return std::unexpected(supervisor.error());

    sd_json_variant* parameters = nullptr;
    const char* error = nullptr;
    int r = sd_varlink_set_relative_timeout(link.get(), kTimeoutUsec);
    if (r >= 0) r = sd_varlink_call(link.get(), RS_INTERFACE ".GetStatus", nullptr, &parameters, &error);
    if (r < 0) return failed(r);
    if (error != nullptr) return fail(std::format("control socket '{}': {}", socket_path, error), EPROTO);
    auto told = told_in(parameters);
    if (!told) return std::unexpected(told.error());
    return Answer{*std::move(told), *std::move(supervisor)};
}

}  // namespace rs::audit
