#include "supervisor/ctl/command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <format>

#include "supervisor/base/fd.hpp"

namespace rs::ctl {
namespace {

std::vector<char*> pointers(std::vector<std::string>& command) {
    std::vector<char*> argv;
    for (std::string& word : command)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    return argv;
}

std::string content(const UniqueFd& file) {
    std::string text;
    std::array<char, 16384> chunk{};
    for (off_t at = 0;;) {
        const ssize_t got = ::pread(file.get(), chunk.data(), chunk.size(), at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(got));
        at += got;
    }
}

struct Actions {
    Actions() { ::posix_spawn_file_actions_init(&actions); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&actions); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    posix_spawn_file_actions_t actions{};
};

}  // namespace

Result<Ended> run(std::vector<std::string> command) {
    // Memory files and not pipes: nobody has to read while it runs.
    const UniqueFd out{::memfd_create("stdout", MFD_CLOEXEC)};
    const UniqueFd err{::memfd_create("stderr", MFD_CLOEXEC)};
    if (!out || !err) return fail_errno("cannot create a memory file", errno);

    Actions with;
    ::posix_spawn_file_actions_addopen(&with.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&with.actions, out.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&with.actions, err.get(), STDERR_FILENO);
    pid_t child = 0;
    const auto argv = pointers(command);
    const int r = ::posix_spawnp(&child, argv.front(), &with.actions, nullptr, argv.data(), environ);
    if (r != 0) return fail_errno(std::format("cannot execute {}", command.front()), r);

    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return fail_errno(std::format("cannot wait for {}", command.front()), errno);
    }
    return Ended{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content(out),
                 content(err)};
}

Error become(std::vector<std::string> command) {
    const auto argv = pointers(command);
    ::execvp(argv.front(), argv.data());
    return fail_errno(std::format("cannot execute {}", command.front()), errno).error();
}

std::string ssh_program() {
    const char* named = std::getenv("SYSTEMD_SSH");
    return named != nullptr && *named != '\0' ? named : "ssh";
}

}  // namespace rs::ctl
