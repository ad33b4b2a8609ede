// From configuration, namespaces and policy to a plan that a forked child can carry out.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "policy/sandbox.hpp"
#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"
#include "supervisor/launch/plan.hpp"
#include "supervisor/launch/sockets.hpp"

namespace rs {

struct LaunchRequest {
    const std::string& program;
    const std::vector<std::string>& command;  // argv
    std::span<const PassedSocket> sockets;
    int user_ns;  // both -1: the child stays where the supervisor is
    int net_ns;
    std::string notify_socket;              // path for NOTIFY_SOCKET; empty: none
    std::chrono::microseconds watchdog{0};  // WATCHDOG_USEC, sd_watchdog_enabled(3); zero: none
    std::string resolv_conf;  // file for the child to put over /etc/resolv.conf; empty: leave it
    bool supervised;
    const policy::Sandbox& sandbox;
    // In place of the sandbox's filter, for one who listens (policy/asking.hpp); null: nobody does.
    const policy::SeccompProgram* asking = nullptr;
};

// Owns what the plan points into; movable, the plan stays valid.
class CompiledLaunch {
  public:
    [[nodiscard]] const LaunchPlan& plan() const { return plan_; }
    // The child's stdout and stderr; keeps a descriptor of its own.
    Result<> send_output_to(int fd);
    // Descriptors below this are overwritten in the child.
    [[nodiscard]] int first_free_fd() const { return kFirstPassedFd + plan_.passed_count; }

  private:
    friend Result<CompiledLaunch> compile(const LaunchRequest& request);
    CompiledLaunch() = default;

    std::vector<std::string> arguments_, variables_;
    std::vector<char*> argv_;
    std::vector<char*> envp_;
    std::vector<UniqueFd> lifted_;
    std::vector<int> passed_;
    std::vector<sock_filter> filter_, asking_;
    std::unique_ptr<const std::string> program_, resolv_conf_;  // short strings would move with this object
    LaunchPlan plan_{};
};

// Errors: out of descriptors; a socket name that LISTEN_FDNAMES cannot carry.
Result<CompiledLaunch> compile(const LaunchRequest& request);

// The same descriptor at a number of at least `lowest`, CLOEXEC.
Result<UniqueFd> lift(int fd, int lowest);

}  // namespace rs
