// `rootless-supervisor policy learn`: asks the service to observe its proxy, and prints the profile.
#pragma once

#include <string>

namespace rs {

// The profile goes to stdout, all else to stderr. Ends the observation when it is interrupted. Returns the
// exit status.
int learn_policy(const std::string& name, const std::string& span);

}  // namespace rs
