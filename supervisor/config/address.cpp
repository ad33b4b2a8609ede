#include "supervisor/config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <optional>
#include <string>

#include "supervisor/base/text.hpp"

namespace rs {

namespace {

struct HostAndPort {
    std::string_view host;  // an IPv6 address without its brackets
    bool bracketed = false;
    std::optional<std::string_view> port;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_address(int family, std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> parsed{};
    return ::inet_pton(family, std::string{text}.c_str(), parsed.data()) == 1;
}

// RFC 1123, with the underscores that container names may have. A name whose last part is a number would be
// taken for an address by some and for a name by others.
bool is_name(std::string_view text) {
    const auto allowed = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
               c == '_';
    };
    const std::string_view last = text.substr(text.rfind('.') + 1);
    return !text.empty() && text.size() <= 253 && !text.starts_with('.') && !text.contains("..") &&
           std::ranges::all_of(text, allowed) && !std::ranges::all_of(last, is_digit);
}

Result<HostAndPort> split(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return fail("the bracket ']' is missing");
        HostAndPort parts{.host = text.substr(1, end - 1), .bracketed = true, .port = {}};
        const std::string_view rest = text.substr(end + 1);
        if (rest.empty()) return parts;
        if (!rest.starts_with(':')) return fail("after ']' only ':' and a port may follow");
        parts.port = rest.substr(1);
        return parts;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return HostAndPort{.host = text, .bracketed = false, .port = {}};
    if (text.find(':', colon + 1) != std::string_view::npos) {
        return fail("an IPv6 address stands in brackets, as in [::1]:80");
    }
    return HostAndPort{.host = text.substr(0, colon), .bracketed = false, .port = text.substr(colon + 1)};
}

Result<> check_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool number = error == std::errc{} && end == text.data() + text.size();
    if (number && port >= 1 && port <= 65535) return {};
    return fail(std::format("{} is no port from 1 to 65535", in_quotes(text)));
}

Result<HostAndPort> check_host(std::string_view text) {
    auto parts = split(text);
    if (!parts) return parts;
    const bool good = parts->bracketed ? is_address(AF_INET6, parts->host)
                                       : is_address(AF_INET, parts->host) || is_name(parts->host);
    if (!good && parts->host.empty()) return fail("the host is missing");
    if (!good)
        return fail(std::format("{} is neither an IP address nor a host's name", in_quotes(parts->host)));
    if (!parts->port) return parts;
    if (auto port = check_port(*parts->port); !port) return std::unexpected(port.error());
    return parts;
}

// RFC 3986: a URL is printable ASCII; anything else is written as %XX.
bool is_url_character(char c) {
    return c > ' ' && c < '\x7f';
}

}  // namespace

Result<> check_http_url(std::string_view text) {
    const bool plain = text.starts_with("http://");
    if (!plain && !text.starts_with("https://")) return fail("it must begin with http:// or https://");
    if (!std::ranges::all_of(text, is_url_character)) {
        return fail("a URL has neither blanks nor characters beyond ASCII; they are written as %XX");
    }
    text.remove_prefix(plain ? 7 : 8);
    const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
    if (authority.contains('@'))
        return fail("a user or password would stand in the process list for all to read");
    const auto parts = check_host(authority);
    if (!parts) return std::unexpected(parts.error());
    return {};
}

Result<> check_tcp_address(std::string_view text) {
    if (text.contains("://")) return fail("it is ADDRESS:PORT, not a URL");
    const auto parts = check_host(text);
    if (!parts) return std::unexpected(parts.error());
    if (!parts->port) return fail(std::format("the port is missing; write \"{}:80\"", one_line(text, 60)));
    return {};
}

}  // namespace rs
