// What a systemd manager says of a unit, asked over D-Bus; org.freedesktop.systemd1(5).
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/base/error.hpp"

namespace rs::ctl {

struct UnitFacts {
    std::string load;    // "loaded", "not-found", "masked", …
    std::string active;  // "active", "failed", …
    std::string sub;
    std::vector<std::string> triggered_by;  // socket units
    bool needs_daemon_reload = false;
};

// Settings of a service that can keep the supervisor from its work.
struct ServiceFacts {
    std::string type;    // "notify-reload"
    std::string result;  // "success", "exit-code", …
    std::string user;    // empty: root
    std::string protect_home;
    std::vector<std::string> open_files;  // paths
    bool private_users = false;
    std::uint64_t restrict_namespaces = ~0ULL;  // those that may be entered, CLONE_NEW*
    std::int32_t exit_status = 0;
};

// A blocking connection to a service manager.
class Manager {
  public:
    // PID 1, over the system bus.
    static Result<Manager> system();
    // The manager of a user, at its own socket; for that user and root.
    static Result<Manager> of_user(const std::string& runtime_dir);

    // A unit without a file has load "not-found". `unit` with its suffix.
    Result<UnitFacts> unit(const std::string& unit);
    Result<ServiceFacts> service(const std::string& unit);

  private:
    struct Unref {
        void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
    };
    explicit Manager(sd_bus* bus, bool direct) : bus_(bus), direct_(direct) {}
    Result<std::string> load(const std::string& unit);

    std::unique_ptr<sd_bus, Unref> bus_;
    bool direct_;  // no bus in between, so no name to call
};

}  // namespace rs::ctl
