#include "supervisor/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "supervisor/base/fd.hpp"

namespace rs {

Result<std::string> read_small_file(const std::string& path) {
    // O_NONBLOCK: a FIFO in the place of a file must not stop the event loop; it has no effect on files.
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file) return fail_errno(path, errno);

    std::string content;
    std::array<char, 16384> chunk{};
    for (;;) {
        const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(path, errno);
        if (got == 0) return content;
        content.append(chunk.data(), static_cast<std::size_t>(got));
        if (content.size() > kSmallFileMax) return fail_errno(path, EFBIG);
    }
}

Result<> overwrite_file(const std::string& path, std::string_view content) {
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW)};
    if (!file) return fail_errno(path, errno);
    const ssize_t put = ::pwrite(file.get(), content.data(), content.size(), 0);
    if (put < 0) return fail_errno(path, errno);
    if (static_cast<std::size_t>(put) != content.size()) return fail_errno(path, ENOSPC);
    if (::ftruncate(file.get(), put) < 0) return fail_errno(path, errno);
    return {};
}

FileStamp stamp_of(const std::string& path) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    struct stat file{};
    if (::stat(path.c_str(), &file) < 0) return {};
    return {.device = file.st_dev,
            .inode = file.st_ino,
            .size = file.st_size,
            .changed_nsec = file.st_mtim.tv_sec * kSecond + file.st_mtim.tv_nsec};
}

}  // namespace rs
