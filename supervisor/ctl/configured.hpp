// What a service is configured to be, for when no supervisor is running to tell.
#pragma once

#include <string>
#include <vector>

namespace rs::ctl {

struct Configured {
    std::string file;
    std::string
        wrong;  // the first mistake in it, as `rootless-supervisor check` tells it; empty: it is right
    std::vector<std::string> command;
    std::vector<std::string> wait_for;
    std::string runtime_dir;  // empty: the default
    std::string runroot;      // empty: the default
    std::string network;      // empty: the first with a name service
    bool dns = true;
};

Configured configured(const std::string& name);

}  // namespace rs::ctl
