#include "supervisor/base/error.hpp"

#include <cstring>
#include <format>

namespace rs {

std::string reason_of(int code) {
    const char* reason = ::strerrordesc_np(code);
    return reason != nullptr ? reason : std::format("error {}", code);
}

std::unexpected<Error> fail_errno(std::string what, int code) {
    return fail(std::format("{}: {}", what, reason_of(code)), code);
}

}  // namespace rs
