#include "supervisor/podman/paths.hpp"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <format>

namespace rs {
namespace {

std::string default_runtime_dir() {
    // Not secure_getenv: the program is never set-user-ID, and ambient capabilities would make that drop it.
    if (const char* dir = std::getenv("XDG_RUNTIME_DIR"); dir != nullptr && dir[0] == '/') return dir;
    return std::format("/run/user/{}", ::geteuid());
}

// The runtime directory as seen through the door: the door's own path is what the kernel says it is.
Result<std::string> through(const UniqueFd& door, const std::string& runtime_dir) {
    const std::string link = std::format("/proc/self/fd/{}", door.get());
    std::error_code failed;
    const auto target = std::filesystem::read_symlink(link, failed);
    if (failed) return fail_errno(link, failed.value());
    const auto rest = std::filesystem::path{runtime_dir}.lexically_relative(target);
    if (rest.empty() || rest.native().starts_with("..")) {
        return fail(std::format(
            "runtime directory '{}' is not below '{}', the directory that OpenFile= of the unit opens",
            runtime_dir, target.native()));
    }
    return std::format("{}/{}", link, rest.native());
}

}  // namespace

Result<PodmanPaths> podman_paths(const std::string& runtime_dir, const std::string& runroot,
                                 const UniqueFd& door) {
    const std::string shown = runtime_dir.empty() ? default_runtime_dir() : runtime_dir;
    PodmanPaths paths{.runtime_dir = {shown, shown},
                      .runroot = runroot.empty() ? shown + "/containers" : runroot};
    if (door) {
        auto reached = through(door, shown);
        if (!reached) return std::unexpected(reached.error());
        paths.runtime_dir.reached = std::move(*reached);
    }
    return paths;
}

}  // namespace rs
