#include "supervisor/ctl/units.hpp"

#include <cstdlib>
#include <format>
#include <string_view>

namespace rs::ctl {
namespace {

constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";
constexpr const char* kService = "org.freedesktop.systemd1.Service";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kName = "org.freedesktop.systemd1";

struct MessageUnref {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, MessageUnref>;

struct OwnedError {
    OwnedError() = default;
    ~OwnedError() { sd_bus_error_free(&error); }
    OwnedError(const OwnedError&) = delete;
    OwnedError& operator=(const OwnedError&) = delete;
    sd_bus_error error = SD_BUS_ERROR_NULL;
};

// The properties of one object. The first that cannot be read is the error of all.
class Properties {
  public:
    Properties(sd_bus* bus, const char* destination, std::string path, const char* interface)
        : bus_(bus), destination_(destination), path_(std::move(path)), interface_(interface) {}

    void read(const char* name, std::string& text) {
        char* value = nullptr;
        OwnedError error;
        note(name, sd_bus_get_property_string(bus_, destination_, path_.c_str(), interface_, name,
                                              &error.error, &value));
        if (value == nullptr) return;
        text = value;
        std::free(value);
    }

    // `type` is the property's in D-Bus; T has its size.
    template <class T>
    void read(const char* name, char type, T& value) {
        OwnedError error;
        note(name, sd_bus_get_property_trivial(bus_, destination_, path_.c_str(), interface_, name,
                                               &error.error, type, &value));
    }

    void read(const char* name, bool& truth) {
        int value = 0;
        read(name, SD_BUS_TYPE_BOOLEAN, value);
        truth = value != 0;
    }

    void read(const char* name, std::vector<std::string>& list) {
        char** values = nullptr;
        OwnedError error;
        note(name, sd_bus_get_property_strv(bus_, destination_, path_.c_str(), interface_, name, &error.error,
                                            &values));
        if (values == nullptr) return;
        for (char** each = values; *each != nullptr; ++each) {
            list.emplace_back(*each);
            std::free(*each);
        }
        std::free(static_cast<void*>(values));
    }

    // Of a list of structures the first member, which is a string.
    void read_first(const char* name, const char* type, const char* members, std::vector<std::string>& list) {
        sd_bus_message* made = nullptr;
        OwnedError error;
        int r = sd_bus_get_property(bus_, destination_, path_.c_str(), interface_, name, &error.error, &made,
                                    type);
        const Message message{made};
        if (r >= 0) r = sd_bus_message_enter_container(made, SD_BUS_TYPE_ARRAY, type + 1);
        while (r >= 0 && (r = sd_bus_message_enter_container(made, SD_BUS_TYPE_STRUCT, members)) > 0) {
            const char* text = nullptr;
            r = sd_bus_message_read(made, "s", &text);
            if (r >= 0) list.emplace_back(text);
            if (r >= 0) r = sd_bus_message_skip(made, members + 1);
            if (r >= 0) r = sd_bus_message_exit_container(made);
        }
        note(name, r);
    }

    [[nodiscard]] const Result<>& outcome() const { return outcome_; }

  private:
    void note(const char* name, int r) {
        if (r < 0 && outcome_) outcome_ = fail_errno(std::format("cannot read {} from systemd", name), -r);
    }

    sd_bus* bus_;
    const char* destination_;
    std::string path_;
    const char* interface_;
    Result<> outcome_;
};

}  // namespace

Result<Manager> Manager::system() {
    sd_bus* made = nullptr;
    const int r = sd_bus_open_system(&made);
    if (r < 0) return fail_errno("cannot connect to the system bus", -r);
    return Manager{made, false};
}

Result<Manager> Manager::of_user(const std::string& runtime_dir) {
    sd_bus* made = nullptr;
    int r = sd_bus_new(&made);
    Manager manager{made, true};
    const std::string address = std::format("unix:path={}/systemd/private", runtime_dir);
    if (r >= 0) r = sd_bus_set_address(made, address.c_str());
    if (r >= 0) r = sd_bus_start(made);
    if (r < 0) return fail_errno(std::format("{}/systemd/private", runtime_dir), -r);
    return manager;
}

Result<std::string> Manager::load(const std::string& unit) {
    OwnedError error;
    sd_bus_message* made = nullptr;
    const int r = sd_bus_call_method(bus_.get(), direct_ ? nullptr : kName, "/org/freedesktop/systemd1",
                                     kManager, "LoadUnit", &error.error, &made, "s", unit.c_str());
    const Message message{made};
    if (r < 0) {
        const std::string why = error.error.message != nullptr ? error.error.message : reason_of(-r);
        return fail(std::format("cannot ask systemd for {}: {}", unit, why), -r);
    }
    const char* path = nullptr;
    if (const int read = sd_bus_message_read(made, "o", &path); read < 0)
        return fail_errno("cannot read systemd's answer", -read);
    return path;
}

Result<UnitFacts> Manager::unit(const std::string& unit) {
    const auto path = load(unit);
    if (!path) return std::unexpected(path.error());
    Properties properties{bus_.get(), direct_ ? nullptr : kName, *path, kUnit};
    UnitFacts facts;
    properties.read("LoadState", facts.load);
    properties.read("ActiveState", facts.active);
    properties.read("SubState", facts.sub);
    properties.read("TriggeredBy", facts.triggered_by);
    properties.read("NeedDaemonReload", facts.needs_daemon_reload);
    if (!properties.outcome()) return std::unexpected(properties.outcome().error());
    return facts;
}

Result<ServiceFacts> Manager::service(const std::string& unit) {
    const auto path = load(unit);
    if (!path) return std::unexpected(path.error());
    Properties properties{bus_.get(), direct_ ? nullptr : kName, *path, kService};
    ServiceFacts facts;
    properties.read("Type", facts.type);
    properties.read("Result", facts.result);
    properties.read("User", facts.user);
    properties.read("ProtectHome", facts.protect_home);
    properties.read("PrivateUsers", facts.private_users);
    properties.read("RestrictNamespaces", SD_BUS_TYPE_UINT64, facts.restrict_namespaces);
    properties.read("ExecMainStatus", SD_BUS_TYPE_INT32, facts.exit_status);
    properties.read_first("OpenFile", "a(sst)", "sst", facts.open_files);
    if (!properties.outcome()) return std::unexpected(properties.outcome().error());
    return facts;
}

}  // namespace rs::ctl
