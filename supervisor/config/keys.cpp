#include "supervisor/config/keys.hpp"

#include <array>
#include <utility>

#include "supervisor/config/values.hpp"

namespace rs {

namespace {

template <class T>
ValueResult<> store(T& target, ValueResult<T> value) {
    if (!value) return std::unexpected(std::move(value.error()));
    target = std::move(*value);
    return {};
}

using Info = const KeyInfo&;
using Node = const toml::node&;

constexpr std::array kKeys{
    Key{{"proxy", "command", "an array of strings", R"(["/usr/local/bin/caddy", "run"])", "none"},
        [](Config& c, Info info, Node node) { return store(c.proxy.command, read_command(info, node)); }},
    Key{{"proxy", "ready", "a string", R"("notify")", R"("notify")"},
        [](Config& c, Info info, Node node) { return store(c.proxy.ready, read_readiness(info, node)); }},
    Key{{"proxy", "stop_signal", "a signal's name", R"("SIGTERM")", R"("SIGTERM")"},
        [](Config& c, Info info, Node node) { return store(c.proxy.stop_signal, read_signal(info, node)); }},
    Key{{"proxy", "start_timeout", "a duration", R"("60s")", R"("60s")"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.start_timeout, read_duration(info, node));
        }},
    Key{{"proxy", "stop_timeout", "a duration", R"("10s")", R"("10s")"},
        [](Config& c, Info info, Node node) {
            return store(c.proxy.stop_timeout, read_duration(info, node));
        }},
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
