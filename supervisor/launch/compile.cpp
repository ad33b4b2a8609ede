#include "supervisor/launch/compile.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <format>
#include <string_view>

namespace rs {
namespace {

// Room for any pid; the child writes the digits.
constexpr std::string_view kListenPid = "LISTEN_PID=";
constexpr std::string_view kWatchdogPid = "WATCHDOG_PID=";
constexpr std::size_t kPidDigits = 16;

// Meant for us alone: the sockets and readiness are handed on under names of our own making, and the watchdog
// watches the supervisor.
bool meant_for_us(std::string_view variable) {
    static constexpr std::array<std::string_view, 8> kNames = {
        "LISTEN_PID=",    "LISTEN_FDS=",    "LISTEN_FDNAMES=", "LISTEN_PIDFDID=",
        "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=",   "MAINPID=",
    };
    return std::ranges::any_of(kNames, [variable](auto name) { return variable.starts_with(name); });
}

std::string with_room_for_pid(std::string_view variable) {
    return std::string{variable} + std::string(kPidDigits, '\0');
}

char* digits_of(std::string_view variable, std::vector<std::string>& variables) {
    const auto is_it = [variable](const std::string& entry) { return entry.starts_with(variable); };
    const auto found = std::ranges::find_if(variables, is_it);
    return found != variables.end() ? found->data() + variable.size() : nullptr;
}

std::string listen_names(std::span<const PassedSocket> sockets) {
    std::string names;
    for (const auto& socket : sockets) {
        if (!names.empty()) names += ':';
        names += socket.name;
    }
    return names;
}

std::vector<std::string> environment_for(const LaunchRequest& request) {
    std::vector<std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!meant_for_us(*entry)) variables.emplace_back(*entry);
    }
    if (!request.notify_socket.empty()) variables.push_back("NOTIFY_SOCKET=" + request.notify_socket);
    if (request.watchdog.count() > 0) {
        variables.push_back(std::format("WATCHDOG_USEC={}", request.watchdog.count()));
        variables.push_back(with_room_for_pid(kWatchdogPid));
    }
    if (!request.sockets.empty()) {
        variables.push_back(std::format("LISTEN_FDS={}", request.sockets.size()));
        variables.push_back("LISTEN_FDNAMES=" + listen_names(request.sockets));
        variables.push_back(with_room_for_pid(kListenPid));
    }
    return variables;
}

std::vector<char*> pointers_into(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (auto& text : strings)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// At most BPF_MAXINSNS, policy/seccomp.hpp.
sock_fprog program_of(std::vector<sock_filter>& filter) {
    return {.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
}

}  // namespace

Result<UniqueFd> lift(int fd, int lowest) {
    UniqueFd lifted{::fcntl(fd, F_DUPFD_CLOEXEC, lowest)};
    if (!lifted) return fail_errno("cannot duplicate a descriptor", errno);
    return lifted;
}

Result<> CompiledLaunch::send_output_to(int fd) {
    auto lifted = lift(fd, first_free_fd());
    if (!lifted) return std::unexpected(lifted.error());
    plan_.output_fd = lifted->get();
    lifted_.push_back(std::move(*lifted));
    return {};
}

Result<CompiledLaunch> compile(const LaunchRequest& request) {
    for (const auto& socket : request.sockets) {
        if (socket.name.contains(':')) return fail(std::format("socket name '{}' contains ':'", socket.name));
    }

    CompiledLaunch launch;
    launch.arguments_ = request.command;
    launch.variables_ = environment_for(request);
    launch.argv_ = pointers_into(launch.arguments_);
    launch.envp_ = pointers_into(launch.variables_);
    launch.filter_ = request.sandbox.filter.instructions;
    if (request.asking != nullptr) launch.asking_ = request.asking->instructions;

    // No descriptor that the child needs may lie where it moves the passed ones to.
    const int lowest = kFirstPassedFd + static_cast<int>(request.sockets.size());
    std::vector<int> wanted;
    for (const auto& socket : request.sockets)
        wanted.push_back(socket.fd);
    const bool enter = request.user_ns >= 0;
    if (enter) wanted.insert(wanted.end(), {request.user_ns, request.net_ns});
    const bool landlock = static_cast<bool>(request.sandbox.ruleset);
    if (landlock) wanted.push_back(request.sandbox.ruleset.get());
    for (const int fd : wanted) {
        auto lifted = lift(fd, lowest);
        if (!lifted) return std::unexpected(lifted.error());
        launch.passed_.push_back(lifted->get());
        launch.lifted_.push_back(std::move(*lifted));
    }

    launch.program_ = std::make_unique<std::string>(request.program);
    if (!request.resolv_conf.empty())
        launch.resolv_conf_ = std::make_unique<std::string>(request.resolv_conf);
    launch.plan_ = {
        .program = launch.program_->c_str(),
        .argv = launch.argv_.data(),
        .envp = launch.envp_.data(),
        .listen_pid = digits_of(kListenPid, launch.variables_),
        .watchdog_pid = digits_of(kWatchdogPid, launch.variables_),
        .passed_fds = launch.passed_.data(),
        .passed_count = static_cast<int>(request.sockets.size()),
        .user_ns = enter ? launch.passed_[request.sockets.size()] : -1,
        .net_ns = enter ? launch.passed_[request.sockets.size() + 1] : -1,
        .output_fd = -1,
        .resolv_conf = launch.resolv_conf_ ? launch.resolv_conf_->c_str() : nullptr,
        .supervised = request.supervised,
        .parent = ::getpid(),
        .ruleset = landlock ? launch.passed_.back() : -1,
        .capabilities = enter ? request.sandbox.capabilities : 0,
        .filter = program_of(launch.filter_),
        .asking = program_of(launch.asking_),
    };
    return launch;
}

}  // namespace rs
