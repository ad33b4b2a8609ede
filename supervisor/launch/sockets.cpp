#include "supervisor/launch/sockets.hpp"

#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <format>

namespace rs {
namespace {

bool is_directory(int fd) {
    struct stat status{};
    return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

Result<Inherited> take_inherited() {
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    if (count < 0) return fail_errno("cannot take the descriptors that systemd passes (LISTEN_FDS)", -count);
    ::unsetenv("LISTEN_PIDFDID");  // systemd 259 adds it; 257's library does not know to remove it

    Inherited inherited;
    for (int i = 0; i < count; ++i) {
        ListenSocket passed{UniqueFd{SD_LISTEN_FDS_START + i}, names[i]};
        std::free(names[i]);
        if (passed.name == kUserRuntimeName) {
            inherited.user_runtime = std::move(passed.fd);
        } else {
            inherited.sockets.push_back(std::move(passed));
        }
    }
    std::free(static_cast<void*>(names));

    if (inherited.user_runtime && !is_directory(inherited.user_runtime.get())) {
        return fail(
            std::format("the descriptor named '{}' is not a directory; set OpenFile=/run/user:{}:read-only",
                        kUserRuntimeName, kUserRuntimeName));
    }
    std::ranges::stable_sort(inherited.sockets, {}, &ListenSocket::name);
    return inherited;
}

}  // namespace rs
