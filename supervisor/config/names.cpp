#include <sys/un.h>

#include <algorithm>
#include <filesystem>
#include <format>
#include <string_view>
#include <utility>

#include "supervisor/base/text.hpp"
#include "supervisor/config/address.hpp"
#include "supervisor/config/reading.hpp"
#include "supervisor/config/unit_name.hpp"
#include "supervisor/config/values.hpp"

namespace rs {

namespace {

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// libnetwork's rule in containers/common: [a-zA-Z0-9][a-zA-Z0-9_.-]*. It also keeps the name a file's name.
bool is_network_name(std::string_view name) {
    return !name.empty() && is_alphanumeric(name.front()) && std::ranges::all_of(name, [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
    });
}

// Without a trailing slash, which lexically_normal() keeps.
std::string normal_form(const std::string& path) {
    std::string normal = std::filesystem::path(path).lexically_normal().string();
    if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
    return normal;
}

// A string that `check` approves; `what` it is called in the error.
ValueResult<std::string> read_checked(const KeyInfo& info, const toml::node& node, std::string_view what,
                                      Result<> (*check)(std::string_view)) {
    ValueResult<std::string> text = read_string(info, node);
    if (!text) return text;
    if (const auto good = check(*text); !good) {
        return wrong(node, std::format("bad {} {} for '{}': {}", what, in_quotes(*text, '"'), info.key,
                                       good.error().message));
    }
    return text;
}

}  // namespace

ValueResult<std::string> read_path(const KeyInfo& info, const toml::node& node) {
    ValueResult<std::string> path = read_string(info, node);
    if (!path) return path;
    if (!path->starts_with('/')) {
        return wrong(node, std::format("'{}' must be {} such as {}, not {}", info.key, info.type,
                                       info.example, in_quotes(*path, '"')));
    }
    const std::string normal = normal_form(*path);
    if (*path != normal) {
        return wrong(node,
                     std::format("'{}' must be a path without '.', '..', '//' and a '/' at the end, not {}; "
                                 "did you mean {}?",
                                 info.key, in_quotes(*path, '"'), in_quotes(normal, '"')));
    }
    return path;
}

ValueResult<std::string> read_socket_path(const KeyInfo& info, const toml::node& node) {
    constexpr std::size_t kMax = sizeof(sockaddr_un::sun_path) - 1;  // unix(7)
    ValueResult<std::string> path = read_path(info, node);
    if (path && path->size() > kMax) {
        return wrong(node, std::format("'{}' has {} bytes, but the path of a socket has at most {}", info.key,
                                       path->size(), kMax));
    }
    return path;
}

ValueResult<std::string> read_network(const KeyInfo& info, const toml::node& node) {
    ValueResult<std::string> name = read_string(info, node);
    if (!name) return name;
    if (!is_network_name(*name)) {
        return wrong(
            node, std::format("'{}' must be a name that Podman allows (letters, digits, '_', '.', '-', and "
                              "a letter or digit first), not {}",
                              info.key, in_quotes(*name, '"')));
    }
    return name;
}

ValueResult<std::vector<std::string>> read_units(const KeyInfo& info, const toml::node& node) {
    ValueResult<std::vector<std::string>> units = read_strings(info, node);
    if (!units) return units;
    for (const toml::node& element : *node.as_array()) {
        const auto checked = read_checked(info, element, "unit name", check_unit_name);
        if (!checked) return std::unexpected(checked.error());
    }
    return units;
}

ValueResult<std::string> read_http_url(const KeyInfo& info, const toml::node& node) {
    return read_checked(info, node, "URL", check_http_url);
}

ValueResult<std::string> read_tcp_address(const KeyInfo& info, const toml::node& node) {
    return read_checked(info, node, "address", check_tcp_address);
}

}  // namespace rs
