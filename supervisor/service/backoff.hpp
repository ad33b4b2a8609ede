// How long to pause before the next launch.
#pragma once

#include <algorithm>
#include <chrono>

namespace rs {

// 100 ms after the first failure in a row, doubling up to 30 s. Whoever sets the timer adds jitter.
constexpr std::chrono::milliseconds backoff_after(int failures) {
    using std::chrono::milliseconds;
    constexpr milliseconds kFirst{100};
    constexpr milliseconds kLongest{30'000};
    constexpr int kDoublings = 9;  // 51.2 s: past the longest, and no shift can overflow
    return std::min(kFirst * (1 << std::clamp(failures - 1, 0, kDoublings)), kLongest);
}

}  // namespace rs
