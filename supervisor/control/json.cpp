#include "supervisor/control/json.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>

namespace rs::control {
namespace {

void require(int result) {
    if (result < 0) throw std::bad_alloc{};
}

std::string ascii(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c <= 0 || c == '\x7f'; }, '?');
    return text;
}

Json json(bool value) {
    return Json::of(value);
}

Json json(std::int64_t value) {
    return Json::of(value);
}

Json json(int value) {
    return Json::of(std::int64_t{value});
}

Json json(const std::string& text) {
    return Json::of(text);
}

Json json(std::chrono::microseconds span) {
    return Json::of(std::int64_t{span.count()});
}

Json json(Time time) {
    return json(std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()));
}

// Known before the templates that use them.
Json json(const Item& item);
Json json(const Proxy& proxy);
Json json(const Socket& socket);
Json json(const Namespaces& namespaces);
Json json(const Names& names);
Json json(const Health& health);
Json json(const Policy& policy);
Json json(const Check& check);

template <class T>
Json optional(const std::optional<T>& value) {
    return value ? json(*value) : Json{};
}

template <class T>
Json list(const std::vector<T>& values) {
    std::vector<Json> elements;
    elements.reserve(values.size());
    for (const auto& value : values)
        elements.push_back(json(value));
    return Json::array(elements);
}

Json json(const Item& item) {
    return Json::object(
        {{"what", json(item.what)}, {"met", json(item.met)}, {"detail", optional(item.detail)}});
}

Json json(const Proxy& proxy) {
    return Json::object({{"role", json(proxy.role)},
                         {"pid", json(proxy.pid)},
                         {"startedUSec", json(proxy.started)},
                         {"readyUSec", optional(proxy.ready)},
                         {"cause", json(proxy.cause)},
                         {"networkNamespace", json(proxy.network_namespace)},
                         {"statusText", optional(proxy.status_text)},
                         {"healthy", optional(proxy.healthy)}});
}

Json json(const Socket& socket) {
    return Json::object({{"fd", json(socket.fd)},
                         {"name", json(socket.name)},
                         {"protocol", json(socket.protocol)},
                         {"address", json(socket.address)},
                         {"queue", optional(socket.queue)},
                         {"backlog", optional(socket.backlog)}});
}

Json json(const Namespaces& namespaces) {
    return Json::object({{"pausePid", json(namespaces.pause_pid)},
                         {"user", json(namespaces.user)},
                         {"network", json(namespaces.network)}});
}

Json json(const Names& names) {
    return Json::object(
        {{"address", json(names.address)}, {"network", json(names.network)}, {"others", list(names.others)}});
}

Json json(const Health& health) {
    return Json::object({{"probe", json(health.probe)},
                         {"healthy", optional(health.healthy)},
                         {"failures", json(health.failures)},
                         {"retries", json(health.retries)},
                         {"lastText", optional(health.last_text)}});
}

Json json(const Watchdog& watchdog) {
    return Json::object({{"systemdUSec", optional(watchdog.systemd)},
                         {"proxyUSec", optional(watchdog.proxy)},
                         {"lastPingUSec", optional(watchdog.last_ping)}});
}

Json json(const Policy& policy) {
    return Json::object({{"profile", json(policy.profile)},
                         {"noNewPrivileges", json(policy.no_new_privileges)},
                         {"capabilities", list(policy.capabilities)},
                         {"seccompFilters", json(policy.seccomp_filters)},
                         {"landlock", json(policy.landlock)},
                         {"refused", json(policy.refused)}});
}

Json json(const Launches& launches) {
    return Json::object({{"start", json(launches.start)},
                         {"crash", json(launches.crash)},
                         {"network", json(launches.network)},
                         {"unhealthy", json(launches.unhealthy)},
                         {"request", json(launches.request)},
                         {"reload", json(launches.reload)}});
}

Json json(const Check& check) {
    return Json::object({{"what", json(check.what)},
                         {"passed", optional(check.passed)},
                         {"evidence", json(check.evidence)},
                         {"remedy", optional(check.remedy)}});
}

}  // namespace

Json Json::of(bool value) {
    sd_json_variant* made = nullptr;
    require(sd_json_variant_new_boolean(&made, value ? 1 : 0));
    return Json{made};
}

Json Json::of(std::int64_t value) {
    sd_json_variant* made = nullptr;
    require(sd_json_variant_new_integer(&made, value));
    return Json{made};
}

Json Json::of(const std::string& text) {
    sd_json_variant* made = nullptr;
    const int r = sd_json_variant_new_stringn(&made, text.data(), text.size());
    if (r == -EUCLEAN || r == -EINVAL) return of(ascii(text));
    require(r);
    return Json{made};
}

Json Json::array(const std::vector<Json>& elements) {
    std::vector<sd_json_variant*> pointers;
    std::ranges::transform(elements, std::back_inserter(pointers), &Json::get);
    sd_json_variant* made = nullptr;
    require(sd_json_variant_new_array(&made, pointers.data(), pointers.size()));
    return Json{made};
}

Json Json::object(Members members) {
    std::vector<Json> names;
    std::vector<sd_json_variant*> pointers;
    names.reserve(members.size());
    for (const auto& [name, value] : members) {
        names.push_back(of(std::string{name}));
        pointers.push_back(names.back().get());
        pointers.push_back(value.get());
    }
    sd_json_variant* made = nullptr;
    require(sd_json_variant_new_object(&made, pointers.data(), pointers.size()));
    return Json{made};
}

std::string Json::text() const {
    char* text = nullptr;
    require(sd_json_variant_format(value_, sd_json_format_flags_t{}, &text));
    const std::unique_ptr<char, decltype(&std::free)> owned{text, &std::free};
    return text;
}

Json json(const Event& event) {
    return Json::object({{"timeUSec", json(event.time)},
                         {"state", json(event.state)},
                         {"warning", json(event.warning)},
                         {"text", json(event.text)}});
}

Json json(const Status& status) {
    return Json::object({{"name", json(status.name)},
                         {"version", json(status.version)},
                         {"state", json(status.state)},
                         {"sinceUSec", json(status.since)},
                         {"untilUSec", optional(status.until)},
                         {"why", optional(status.why)},
                         {"statusText", json(status.status_text)},
                         {"supervisorPid", json(status.supervisor_pid)},
                         {"startedUSec", json(status.started)},
                         {"user", json(status.user)},
                         {"configFile", json(status.config_file)},
                         {"configLoadedUSec", json(status.config_loaded)},
                         {"configChanged", json(status.config_changed)},
                         {"waitingFor", list(status.waiting_for)},
                         {"proxies", list(status.proxies)},
                         {"launches", json(status.launches)},
                         {"failures", json(status.failures)},
                         {"restartLimit", json(status.restart_limit)},
                         {"namespaces", optional(status.namespaces)},
                         {"names", optional(status.names)},
                         {"sockets", list(status.sockets)},
                         {"health", optional(status.health)},
                         {"watchdog", json(status.watchdog)},
                         {"policy", optional(status.policy)},
                         {"events", list(status.events)}});
}

Json json(const ConfigText& config) {
    return Json::object({{"file", json(config.file)},
                         {"config", json(config.config)},
                         {"loadedUSec", json(config.loaded)},
                         {"changedOnDisk", json(config.changed_on_disk)}});
}

Json json(const std::vector<Check>& checks) {
    return list(checks);
}

}  // namespace rs::control
