// Names of systemd's units, as systemctl(1) takes them.
#pragma once

#include <string_view>

#include "supervisor/base/error.hpp"

namespace rs {

// systemd.unit(5): letters, digits and :-_.\ with @ before an instance, and a suffix; at most 255 bytes. A
// template (name@.service) is no unit that could run. The error is the reason only, with what was probably
// meant.
Result<> check_unit_name(std::string_view name);

}  // namespace rs
