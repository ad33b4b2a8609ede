// What the service is made of, before its loop runs.
#pragma once

#include <memory>
#include <string>

#include "supervisor/base/error.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/config/config.hpp"
#include "supervisor/launch/lanes.hpp"
#include "supervisor/notify/receiver.hpp"
#include "supervisor/podman/paths.hpp"
#include "supervisor/podman/watch.hpp"
#include "supervisor/sandbox.hpp"
#include "supervisor/service/machine.hpp"

namespace rs {

struct Parts {
    Loop loop;
    Lanes lanes;
    UniqueFd user_runtime;  // paths lead through it
    PodmanPaths paths;
    std::unique_ptr<Watch> watch;
    std::string directory;  // for files of our own: the notify socket, resolv.conf
    NotifyReceiver receiver;
    Sandboxes sandboxes;
};

Result<Parts> prepare(const std::string& name, const Config& config, Sandboxes sandboxes);

// What of the configuration the state machine goes by.
Settings settings_of(const Config& config, const Lanes& lanes);

}  // namespace rs
