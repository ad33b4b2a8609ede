#include "supervisor/podman/discover.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <format>
#include <utility>

#include "supervisor/base/file.hpp"
#include "supervisor/base/user.hpp"

namespace rs {
namespace {

std::unexpected<Missing> missing(std::string reason, std::string awaits) {
    return std::unexpected(Missing{std::move(reason), std::move(awaits)});
}

Result<NamespaceId> identify(int fd) {
    struct stat status{};
    if (::fstat(fd, &status) < 0) return fail_errno("namespace", errno);
    return NamespaceId{status.st_dev, status.st_ino};
}

bool same_namespace(int a, int b) {
    const auto left = identify(a);
    const auto right = identify(b);
    return left && right && *left == *right;
}

// user_namespaces(7): the creator's uid owns the namespace, and owning it is what lets us enter.
std::expected<UniqueFd, Missing> open_user_namespace(const Process& pause) {
    const std::string path = std::format("/proc/{}/ns/user", pause.pid());
    const std::string awaits = "podman to name its new pause process";
    UniqueFd user{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!user) {
        const int code = errno;
        // ProtectProc=invisible hides what may not be looked into.
        const bool refused = code == EACCES || code == EPERM || (code == ENOENT && pause.alive());
        const char* hint = refused ? " (is PrivateUsers= on in the unit?)" : "";
        return missing(
            std::format("cannot open '{}' of the pause process: {}{}", path, reason_of(code), hint), awaits);
    }

    uid_t owner = 0;
    if (::ioctl(user.get(), NS_GET_OWNER_UID, &owner) < 0) {
        return missing(std::format("cannot ask who owns '{}': {}", path, reason_of(errno)), awaits);
    }
    const UniqueFd parent{::ioctl(user.get(), NS_GET_PARENT)};
    const UniqueFd own{::open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC)};
    const bool ours = owner == ::geteuid() && parent && own && same_namespace(parent.get(), own.get());
    if (!ours) {
        return missing(std::format("process {} of the pause pid file is in no user namespace of user {}",
                                   pause.pid(), user_name()),
                       awaits);
    }
    return user;
}

std::expected<UniqueFd, Missing> open_net_namespace(const Process& pause, const UniqueFd& user,
                                                    const std::string& shown) {
    const std::string awaits = std::format("a container of user {} on a bridge network", user_name());
    const std::string path = std::format("/proc/{}/root{}", pause.pid(), shown);
    UniqueFd net{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!net) {
        return missing(std::format("cannot open network namespace '{}': {}", shown, reason_of(errno)),
                       awaits);
    }

    // Between Podman's creating the file and mounting the namespace on it, and after the unmount, the same
    // path is an ordinary file.
    struct statfs filesystem{};
    const bool on_nsfs = ::fstatfs(net.get(), &filesystem) == 0 && filesystem.f_type == NSFS_MAGIC;
    if (!on_nsfs || ::ioctl(net.get(), NS_GET_NSTYPE) != CLONE_NEWNET) {
        return missing(std::format("no network namespace is mounted at '{}'", shown), awaits);
    }
    const UniqueFd owner{::ioctl(net.get(), NS_GET_USERNS)};
    if (!owner || !same_namespace(owner.get(), user.get())) {
        return missing(
            std::format("network namespace '{}' does not belong to the pause process's user namespace",
                        shown),
            awaits);
    }
    return net;
}

}  // namespace

std::expected<pid_t, Missing> read_pause_pid(const Place& file) {
    const std::string awaits = std::format("the first podman command of user {}", user_name());
    const auto text = read_small_file(file.reached);
    if (!text) {
        const int code = text.error().code;
        const char* hint =
            code == EACCES
                ? " (with ProtectHome=yes the unit needs OpenFile=/run/user:user-runtime:read-only)"
                : "";
        return missing(
            std::format("cannot read pause pid file '{}': {}{}", file.shown, reason_of(code), hint), awaits);
    }
    pid_t pid = 0;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), pid);
    const bool whole = failed == std::errc{} && (end == text->data() + text->size() || *end == '\n');
    if (!whole || pid <= 1) {
        return missing(std::format("pause pid file '{}' does not hold a process id", file.shown), awaits);
    }
    return pid;
}

std::expected<Namespaces, Missing> discover(const PodmanPaths& paths) {
    const auto pid = read_pause_pid(paths.pause_pid());
    if (!pid) return std::unexpected(pid.error());

    const std::string awaits = "podman to name its new pause process";
    auto pause = Process::open(*pid);
    if (!pause) {
        return missing(std::format("pause process {} is gone: {}", *pid, reason_of(pause.error().code)),
                       awaits);
    }

    auto user = open_user_namespace(*pause);
    if (!user) return std::unexpected(user.error());
    auto net = open_net_namespace(*pause, *user, paths.netns());
    if (!net) return std::unexpected(net.error());

    // Everything above went by the number. It was the pause process all along if the file still names it and
    // the process behind the pidfd, opened before, still lives: its number cannot have been reused.
    const auto again = read_pause_pid(paths.pause_pid());
    if (!again) return std::unexpected(again.error());
    if (*again != *pid || !pause->alive())
        return missing(std::format("pause process {} was replaced", *pid), awaits);

    const auto user_id = identify(user->get());
    const auto net_id = identify(net->get());
    if (!user_id || !net_id) return missing("cannot identify the namespaces", awaits);
    return Namespaces{std::move(*pause), std::move(*user), std::move(*net), *user_id, *net_id};
}

}  // namespace rs
