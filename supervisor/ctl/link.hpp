// A connection to one supervisor, through sd-varlink.
#pragma once

#include <systemd/sd-varlink.h>

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "supervisor/base/loop.hpp"
#include "supervisor/ctl/json.hpp"

namespace rs::ctl {

// A service on a host.
struct Target {
    std::string host;  // empty: this one
    std::string name;

    // As a reader knows it: "caddy", "caddy on web1".
    [[nodiscard]] std::string shown() const;
};

// Why there is no answer.
struct Failure {
    std::string id;  // the error's name in varlink; empty: it could not be asked at all
    std::string reason;
    int code = 0;  // errno, where it could not be asked: ENOENT and ECONNREFUSED mean that it is not running

    [[nodiscard]] bool is(const char* name) const { return id == name; }
    // Nobody answered, or does so any more.
    [[nodiscard]] bool is_unreachable() const;
};

class Link {
  public:
    // Called for each answer of observe(), and at last with a failure.
    using Observer = std::function<void(std::expected<Json, Failure>)>;

    // /run/rootless-supervisor/NAME/control, there or here.
    static std::expected<Link, Failure> connect(const Target& target);

    // Blocks until the answer is there. `method` without its interface. 0 waits for ever.
    std::expected<Json, Failure> call(const std::string& method, std::chrono::seconds timeout);

    // Answers come from the loop, which must outlive the link.
    std::expected<void, Failure> observe(Loop& loop, const std::string& method, Observer observer);

  private:
    struct Close {
        void operator()(sd_varlink* link) const { sd_varlink_flush_close_unref(link); }
    };
    explicit Link(sd_varlink* link) : link_(link) {}
    static int on_reply(sd_varlink* link, sd_json_variant* parameters, const char* error,
                        sd_varlink_reply_flags_t flags, void* userdata) noexcept;

    std::unique_ptr<Observer> observer_;  // sd-varlink holds its address
    std::unique_ptr<sd_varlink, Close> link_;
};

// The directory of all control sockets' directories.
inline constexpr const char* kRuntimeDirectory = "/run/rootless-supervisor";
inline constexpr const char* kConfigDirectory = "/etc/rootless-supervisor";

}  // namespace rs::ctl
