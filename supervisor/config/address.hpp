// Where a probe connects to. Each error is the reason only, with what to write instead.
#pragma once

#include <string_view>

#include "supervisor/base/error.hpp"

namespace rs {

// http://HOST[:PORT][/PATH][?QUERY], or https, with HOST an address, an IPv6 address in brackets, or a name
// (RFC 3986). User and password are refused: they would stand in the process list for all to read.
Result<> check_http_url(std::string_view text);

// HOST:PORT
Result<> check_tcp_address(std::string_view text);

}  // namespace rs
