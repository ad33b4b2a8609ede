// What every target has: libFuzzer's entry, and how it says that something is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace rs::fuzz {

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// A diagnostic is one line whatever was read.
inline void require_one_line(std::string_view message) {
    require(!message.empty() && message.find_first_of("\n\r\x1b") == std::string_view::npos,
            "a diagnostic is a single line without control characters");
}

}  // namespace rs::fuzz
