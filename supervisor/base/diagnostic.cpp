#include "supervisor/base/diagnostic.hpp"

#include <format>

#include "supervisor/base/text.hpp"

namespace rs {

std::string Diagnostic::text() const {
    std::string place = one_line(file, 4096);
    if (line > 0) place += std::format(":{}:{}", line, column);
    return place.empty() ? message : place + ": " + message;
}

}  // namespace rs
