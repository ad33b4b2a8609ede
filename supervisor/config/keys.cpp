#include "supervisor/config/keys.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "supervisor/config/values.hpp"

namespace rs {

namespace {

template <class Target, class T>
ValueResult<> store(Target& target, ValueResult<T> value) {
    if (!value) return std::unexpected(std::move(value.error()));
    target = std::move(*value);
    return {};
}

using Info = const KeyInfo&;
using Node = const toml::node&;

using std::chrono::milliseconds;

// As short as tests need it, and no number of milliseconds that a library's int could not hold.
constexpr SpanLimits kPace{.least = milliseconds{100}, .most = std::chrono::days{1}};
constexpr SpanLimits kDelay{.least = milliseconds{0}, .most = std::chrono::days{1}};

constexpr std::array kKeys{
    Key{{"proxy", "command", "an array of strings", R"(["/usr/local/bin/caddy", "run"])", "none"},
        [](Config& c, Info info, Node node) { return store(c.proxy.command, read_command(info, node)); }},
    Key{{"proxy", "ready", "a string", R"("notify")", R"("notify")"},
        [](Config& c, Info info, Node node) { return store(c.proxy.ready, read_readiness(info, node)); }},
    Key{{"proxy", "stop_signal", "a signal's name", R"("SIGTERM")", R"("SIGTERM")"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.stop_signal, read_stop_signal(info, node));
        }},
    Key{{"proxy", "start_timeout", "a duration", R"("60s")", R"("60s")"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.start_timeout, read_duration(info, node));
        }},
    Key{{"proxy", "stop_timeout", "a duration", R"("10s")", R"("10s")"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.stop_timeout, read_duration(info, node));
        }},
    Key{{"proxy", "drain_timeout", "a duration", R"("30s")", R"("30s")"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.drain_timeout, read_duration(info, node));
        }},
    Key{{"proxy", "restart_limit", "an integer", "5", "5"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.restart_limit, read_integer(info, node, 1, 1000));
        }},
    Key{{"proxy", "reload_signal", "a signal's name", R"("SIGHUP")", "a successor takes over"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.reload_signal, read_reload_signal(info, node));
        }},
    Key{{"proxy", "watchdog", "a duration", R"("30s")", R"("0")"},
        [](Config& c, Info info, Node node) { return store(c.proxy.watchdog, read_duration(info, node)); }},
    Key{{"podman", "runtime_dir", "an absolute path", R"("/run/user/1000")",
         "$XDG_RUNTIME_DIR, else /run/user/UID"},
        [](Config& c, Info info, Node node) { return store(c.podman.runtime_dir, read_path(info, node)); }},
    Key{{"podman", "runroot", "an absolute path", R"("/run/user/1000/containers")",
         "the directory containers in runtime_dir"},
        [](Config& c, Info info, Node node) { return store(c.podman.runroot, read_path(info, node)); }},
    Key{{"podman", "network", "a network's name", R"("mynet")", "the only network, else the first by name"},
        [](Config& c, Info info, Node node) { return store(c.podman.network, read_network(info, node)); }},
    Key{{"podman", "dns", "a boolean", "true", "true"},
        [](Config& c, Info info, Node node) { return store(c.podman.dns, read_boolean(info, node)); }},
    Key{{"podman", "wait_for", "an array of unit names", R"(["whoami.service"])", "[]"},
        [](Config& c, Info info, Node node) { return store(c.podman.wait_for, read_units(info, node)); }},
    Key{{"podman", "start", "a boolean", "true", "false"},
        [](Config& c, Info info, Node node) { return store(c.podman.start, read_boolean(info, node)); }},
    Key{{"podman", "timeout", "a duration", R"("30min")", R"("30min")"},
        [](Config& c, Info info, Node node) { return store(c.podman.timeout, read_duration(info, node)); }},
    Key{{"health", "http", "a URL", R"("http://127.0.0.1:8080/")", "no such probe"},
        [](Config& c, Info info, Node node) { return store(c.health.http, read_http_url(info, node)); }},
    Key{{"health", "tcp", "an address with a port", R"("127.0.0.1:8080")", "no such probe"},
        [](Config& c, Info info, Node node) { return store(c.health.tcp, read_tcp_address(info, node)); }},
    Key{{"health", "command", "an array of strings", R"(["/usr/local/bin/check-proxy", "--quick"])",
         "no such probe"},
        [](Config& c, Info info, Node node) { return store(c.health.command, read_command(info, node)); }},
    Key{{"health", "unix_socket", "an absolute path", R"("/srv/caddy/socket/caddy.sock")", "none"},
        [](Config& c, Info info, Node node) {
            return store(c.health.unix_socket, read_socket_path(info, node));
        }},
    Key{{"health", "expect", "an HTTP status", "200", "any status below 400"},
        [](Config& c, Info info, Node node) {
            return store(c.health.expect, read_integer(info, node, 100, 599));
        }},
    Key{{"health", "inside", "a boolean", "true", "true"},
        [](Config& c, Info info, Node node) { return store(c.health.inside, read_boolean(info, node)); }},
    Key{{"health", "interval", "a duration", R"("10s")", R"("10s")"},
        [](Config& c, Info info, Node node) {
            return store(c.health.interval, read_span(info, node, kPace));
        }},
    Key{{"health", "timeout", "a duration", R"("3s")", R"("3s")"},
        [](Config& c, Info info, Node node) {
            return store(c.health.timeout, read_span(info, node, kPace));
        }},
    Key{{"health", "start_period", "a duration", R"("30s")", R"("0")"},
        [](Config& c, Info info, Node node) {
            return store(c.health.start_period, read_span(info, node, kDelay));
        }},
    Key{{"health", "retries", "an integer", "3", "3"},
        [](Config& c, Info info, Node node) {
            return store(c.health.retries, read_integer(info, node, 1, 1000));
        }},
    Key{{"policy", "profile", "a profile's name", R"("caddy")", "the program's name, else generic"},
        [](Config& c, Info info, Node node) { return store(c.policy.profile, read_profile(info, node)); }},
    Key{{"policy", "allow", "an array of system calls", R"(["chroot", "@chown"])", "[]"},
        [](Config& c, Info info, Node node) { return store(c.policy.allow, read_calls(info, node)); }},
    Key{{"policy", "deny", "an array of system calls", R"(["chmod", "@timer"])", "[]"},
        [](Config& c, Info info, Node node) { return store(c.policy.deny, read_calls(info, node)); }},
    Key{{"policy", "capabilities", "an array of capabilities", R"(["CAP_NET_BIND_SERVICE"])", "[]"},
        [](Config& c, Info info, Node node) {
            return store(c.policy.capabilities, read_capabilities(info, node));
        }},
    Key{{"policy", "landlock", "a string", R"("enforce")", R"("best-effort")"},
        [](Config& c, Info info, Node node) { return store(c.policy.landlock, read_landlock(info, node)); }},
    Key{{"policy", "read", "an array of absolute paths", R"(["/data/www"])", "what the profile has"},
        [](Config& c, Info info, Node node) { return store(c.policy.read, read_paths(info, node)); }},
    Key{{"policy", "write", "an array of absolute paths", R"(["${XDG_DATA_HOME}"])", "what the profile has"},
        [](Config& c, Info info, Node node) { return store(c.policy.write, read_paths(info, node)); }},
    Key{{"policy", "execute", "an array of absolute paths", R"(["/opt/caddy"])", "what the profile has"},
        [](Config& c, Info info, Node node) { return store(c.policy.execute, read_paths(info, node)); }},
    Key{{"policy", "tcp_bind", "an array of ports", "[2019]", "what the profile has"},
        [](Config& c, Info info, Node node) { return store(c.policy.tcp_bind, read_ports(info, node)); }},
    Key{{"policy", "tcp_connect", "an array of ports", "[80, 443]", "what the profile has"},
        [](Config& c, Info info, Node node) { return store(c.policy.tcp_connect, read_ports(info, node)); }},
};

constexpr auto kInfos = [] {
    std::array<KeyInfo, kKeys.size()> infos;
    for (std::size_t i = 0; i < kKeys.size(); ++i)
        infos[i] = kKeys[i].info;
    return infos;
}();

}  // namespace

std::span<const Key> key_table() {
    return kKeys;
}

std::span<const KeyInfo> config_keys() {
    return kInfos;
}

}  // namespace rs
