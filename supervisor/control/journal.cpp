#include "supervisor/control/journal.hpp"

#include <sys/stat.h>

#include <utility>

namespace rs::control {

const Event& Journal::add(Event event) {
    if (events_.size() == kKept) events_.pop_front();
    return events_.emplace_back(std::move(event));
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

}  // namespace rs::control
