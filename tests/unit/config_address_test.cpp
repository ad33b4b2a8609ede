// Where probes connect to, and the names of units.
#include <gtest/gtest.h>

#include <string>

#include "supervisor/config/address.hpp"
#include "supervisor/config/unit_name.hpp"

namespace rs {
namespace {

std::string verdict(const Result<>& result) {
    return result ? "accepted" : result.error().message;
}

std::string url(std::string_view text) {
    return verdict(check_http_url(text));
}

std::string tcp(std::string_view text) {
    return verdict(check_tcp_address(text));
}

std::string unit(std::string_view text) {
    return verdict(check_unit_name(text));
}

TEST(HttpUrl, MayBeAnyThatAProbeCanAsk) {
    for (const char* text :
         {"http://localhost", "http://127.0.0.1:8080/", "https://www.example.com/a/b?c=d&e#f",
          "http://[::1]/", "http://[fd00::1]:65535/x", "http://my_container.dns.podman:1/%20",
          "https://1.example/@home"}) {
        EXPECT_EQ(url(text), "accepted") << text;
    }
}

TEST(HttpUrl, HasAHost) {
    EXPECT_EQ(url("http://"), "the host is missing");
    EXPECT_EQ(url("http:///path"), "the host is missing");
    EXPECT_EQ(url("http://:80/"), "the host is missing");
    EXPECT_EQ(url("http://[]/"), "the host is missing");
    EXPECT_EQ(url("http://a..b/"), "'a..b' is neither an IP address nor a host's name");
    EXPECT_EQ(url("http://[::g]/"), "'::g' is neither an IP address nor a host's name");
    EXPECT_EQ(url("http://[::1/"), "the bracket ']' is missing");
    EXPECT_EQ(url("http://[::1]80/"), "after ']' only ':' and a port may follow");
    EXPECT_EQ(url("http://256.0.0.1/"), "'256.0.0.1' is neither an IP address nor a host's name");
    EXPECT_EQ(url("http://2130706433/"), "'2130706433' is neither an IP address nor a host's name");
}

TEST(HttpUrl, HasAPortThatExists) {
    EXPECT_EQ(url("http://a:/"), "'' is no port from 1 to 65535");
    EXPECT_EQ(url("http://a:0/"), "'0' is no port from 1 to 65535");
    EXPECT_EQ(url("http://a:65536/"), "'65536' is no port from 1 to 65535");
    EXPECT_EQ(url("http://a:99999999999/"), "'99999999999' is no port from 1 to 65535");
    EXPECT_EQ(url("http://a:8o/"), "'8o' is no port from 1 to 65535");
}

TEST(HttpUrl, IsNothingElse) {
    for (const char* text : {"", "ftp://a/", "HTTP://a/", "localhost", "/run/a.sock", "http:/a"}) {
        EXPECT_EQ(url(text), "it must begin with http:// or https://") << text;
    }
    EXPECT_EQ(url("http://a/b c"),
              "a URL has neither blanks nor characters beyond ASCII; they are written as %XX");
    EXPECT_EQ(url("http://\u00e4/"),
              "a URL has neither blanks nor characters beyond ASCII; they are written as %XX");
    EXPECT_EQ(url("http://a/\n"),
              "a URL has neither blanks nor characters beyond ASCII; they are written as %XX");
    EXPECT_EQ(url("http://me:secret@a/"),
              "a user or password would stand in the process list for all to read");
}

TEST(TcpAddress, IsAHostAndAPort) {
    for (const char* text : {"127.0.0.1:80", "[::1]:443", "localhost:8080", "whoami:80"}) {
        EXPECT_EQ(tcp(text), "accepted") << text;
    }
    EXPECT_EQ(tcp("[fe80::1%eth0]:80"), "'fe80::1%eth0' is neither an IP address nor a host's name");
    EXPECT_EQ(tcp("127.0.0.1"), "the port is missing; write \"127.0.0.1:80\"");
    EXPECT_EQ(tcp("[::1]"), "the port is missing; write \"[::1]:80\"");
    EXPECT_EQ(tcp("::1:80"), "an IPv6 address stands in brackets, as in [::1]:80");
    EXPECT_EQ(tcp("http://127.0.0.1:80"), "it is ADDRESS:PORT, not a URL");
    EXPECT_EQ(tcp("80"), "'80' is neither an IP address nor a host's name");
    EXPECT_EQ(tcp(":80"), "the host is missing");
    EXPECT_EQ(tcp(""), "the host is missing");
    EXPECT_EQ(tcp("127.0.0.1:http"), "'http' is no port from 1 to 65535");
}

TEST(UnitName, MayBeAnyThatSystemdHas) {
    for (const char* text : {"whoami.service", "a.b.service", "getty@tty1.service", "x@a@b.service",
                             "dev-sda1.swap", "home-me\\x2dyou.mount", "A_1:2-3.target", "a.socket"}) {
        EXPECT_EQ(unit(text), "accepted") << text;
    }
}

TEST(UnitName, NeedsItsSuffix) {
    EXPECT_EQ(unit("whoami"), "the suffix is missing; write \"whoami.service\"");
    EXPECT_EQ(unit("my.app"), "the suffix is missing; write \"my.app.service\"");
    EXPECT_EQ(unit("whoami.servce"), "did you mean \"whoami.service\"?");
    EXPECT_EQ(unit(".service"), "there is no name before the suffix");
    EXPECT_EQ(unit("@a.service"), "there is no name before the suffix");
}

TEST(UnitName, IsNotTheFileThatQuadletReads) {
    EXPECT_EQ(unit("whoami.container"),
              "that is a file of Quadlet's; the unit made of it is \"whoami.service\"");
    EXPECT_EQ(unit("web.pod"), "that is a file of Quadlet's; the unit made of it is \"web-pod.service\"");
    EXPECT_EQ(unit("mynet.network"),
              "that is a file of Quadlet's; the unit made of it is \"mynet-network.service\"");
}

TEST(UnitName, IsNoTemplate) {
    EXPECT_EQ(unit("whoami@.service"),
              "that is a template; name one of its instances, \"whoami@NAME.service\"");
}

TEST(UnitName, HasOnlyCharactersThatSystemdAllows) {
    for (const char* text : {"a b.service", "a/b.service", "\u00e4.service", "a\n.service", "*.service"}) {
        EXPECT_TRUE(unit(text).starts_with("a unit's name consists of letters, digits and :-_.\\@;")) << text;
    }
    EXPECT_EQ(unit(""), "it is empty");
    EXPECT_EQ(unit(std::string(248, 'a') + ".service"), "longer than 255 bytes");
    EXPECT_EQ(unit(std::string(247, 'a') + ".service"), "accepted");
}

}  // namespace
}  // namespace rs
