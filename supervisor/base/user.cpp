#include "supervisor/base/user.hpp"

#include <pwd.h>
#include <unistd.h>

namespace rs {

std::string user_name() {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

}  // namespace rs
