// Small files read and written whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/base/error.hpp"

namespace rs {

// A file larger than this is none of ours: pid files, resolv.conf, a configuration.
inline constexpr std::size_t kSmallFileMax = 1U << 20U;

// The whole file. Errors: errno of open(2) or read(2), EFBIG above kSmallFileMax, EISDIR for a directory.
// The message is only the reason; the caller knows the name that its user knows the file by.
Result<std::string> read_small_file(const std::string& path);

// Replaces the content of an existing file in place (the inode stays: it may be bind-mounted elsewhere),
// with a single write, so that a reader never meets half a file.
Result<> overwrite_file(const std::string& path, std::string_view content);

// Which file it was: another inode, size or time of change is another one.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t changed_nsec = 0;
    bool operator==(const FileStamp&) const = default;
};
// A file that cannot be looked at has a stamp that equals no file's.
FileStamp stamp_of(const std::string& path);

}  // namespace rs
