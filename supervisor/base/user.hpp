// Who we are, for messages.
#pragma once

#include <string>

namespace rs {

// The name of the user that this process runs as; the number where it has none.
std::string user_name();

}  // namespace rs
