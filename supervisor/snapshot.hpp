// The service as the control socket tells it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/child.hpp"
#include "supervisor/config/config.hpp"
#include "supervisor/control/journal.hpp"
#include "supervisor/control/status.hpp"
#include "supervisor/podman/user_units.hpp"
#include "supervisor/setup.hpp"

namespace rs {

// The configuration that holds, and which file it was.
struct Loaded {
    std::string file;
    control::Time when;
    FileStamp stamp;

    static Loaded now(const std::string& file);
    [[nodiscard]] bool changed() const { return stamp_of(file) != stamp; }
};

// What there is to see, for as long as a call takes.
struct View {
    const std::string& name;
    const Config& config;
    const Loaded& loaded;
    const Parts& parts;
    const Machine& machine;
    const std::map<ProxyId, Child>& children;
    const Network* network = nullptr;  // the latest; null before the first
    const UserUnits& units;
    const control::Journal& journal;
    const std::string& status_line;
    std::optional<control::Time> until;
};

control::Status snapshot(const View& view);

// snapshot.cpp's part of the status that is a list of things to look at, now: what a launch needs.
std::vector<control::Item> needs(const PodmanPaths& paths, const PodmanConfig& config,
                                 const UserUnits& units);

// Goes through everything that has to be so. Reads files, waits for nothing.
std::vector<control::Check> examine(const View& view);

// "21:10:05" on the wall clock of this machine's time zone, with the day where it is another one.
std::string clock_text(control::Time time, control::Time now);

}  // namespace rs
