// Small files read and written whole.
#pragma once

#include <cstddef>
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

}  // namespace rs
