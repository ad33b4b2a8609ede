#include "supervisor/control/peer.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <format>
#include <ranges>
#include <utility>

#include "supervisor/base/file.hpp"

namespace rs::control {
namespace {

bool same_user_namespace(pid_t pid) {
    struct stat theirs{};
    struct stat ours{};
    return ::stat(std::format("/proc/{}/ns/user", pid).c_str(), &theirs) == 0 &&
           ::stat("/proc/self/ns/user", &ours) == 0 && theirs.st_dev == ours.st_dev &&
           theirs.st_ino == ours.st_ino;
}

bool alive(int pidfd) {
    pollfd ended{.fd = pidfd, .events = POLLIN, .revents = 0};  // pidfd_open(2)
    return pidfd >= 0 && ::poll(&ended, 1, 0) == 0;
}

// systemd.exec(5), $SYSTEMD_EXEC_PID: a program that a shell of the unit's started has the shell's number
// there.
bool is_main_process() {
    const char* pid = std::getenv("SYSTEMD_EXEC_PID");
    return pid != nullptr && std::to_string(::getpid()) == pid;
}

}  // namespace

std::string cgroup_path(std::string_view file) {
    std::string fallback;
    for (const auto part : std::views::split(file, '\n')) {
        const std::string_view line{part.begin(), part.end()};
        constexpr std::string_view kUnified = "0::";
        constexpr std::string_view kSystemd = ":name=systemd:";
        if (line.starts_with(kUnified) && line.size() > kUnified.size() + 1)
            return std::string{line.substr(kUnified.size())};
        if (const auto at = line.find(kSystemd); at != std::string_view::npos)
            fallback = line.substr(at + kSystemd.size());
    }
    return fallback;
}

bool lies_in_cgroup(std::string_view path, std::string_view cgroup) {
    if (cgroup == "/") return true;
    return path.starts_with(cgroup) && (path.size() == cgroup.size() || path[cgroup.size()] == '/');
}

Gate Gate::of_this_process() {
    if (!is_main_process()) return {::geteuid(), ""};
    const auto file = read_small_file("/proc/self/cgroup");
    const std::string cgroup = file ? cgroup_path(*file) : "";
    // Where it cannot be told who belongs to the unit, everybody is taken to.
    return {::geteuid(), cgroup.empty() ? "/" : cgroup};
}

Result<> Gate::may_change(const Peer& peer) const {
    if (peer.uid != own_uid_) {
        if (peer.uid == 0) return {};
        return fail(std::format("user {} is neither root nor the service's own", peer.uid));
    }
    if (peer.pidfd < 0) return fail("the kernel does not tell which process asks");
    if (!same_user_namespace(peer.pid))
        return fail(std::format("process {} is in another user namespace, or hides", peer.pid));
    if (!cgroup_.empty()) {
        const auto file = read_small_file(std::format("/proc/{}/cgroup", peer.pid));
        if (!file) return fail(std::format("process {} hides its cgroup", peer.pid));
        const std::string path = cgroup_path(*file);
        if (path.empty() || lies_in_cgroup(path, cgroup_))
            return fail(std::format("process {} belongs to the service", peer.pid));
    }
    // All that was by the number: it meant this process if it still lives.
    if (!alive(peer.pidfd)) return fail(std::format("process {} has ended", peer.pid));
    return {};
}

}  // namespace rs::control
