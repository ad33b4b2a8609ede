#include "supervisor/service/health.hpp"

#include <algorithm>

namespace rs {

namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr int kEarlyMax = 10;  // 51.2 s: longer pauses help nobody, and no shift can overflow

}  // namespace

HealthCount::HealthCount(const HealthSettings& settings, Time started)
    : settings_(settings), uncounted_until_(started + std::max(settings.start_period, settings.interval)) {}

void HealthCount::succeeded() {
    state_ = Health::healthy;
    failures_ = 0;
}

void HealthCount::failed(Time now) {
    const bool early = state_ == Health::unknown;
    if (early) early_probes_ = std::min(early_probes_ + 1, kEarlyMax);
    if (now < uncounted_until_) return;
    if (early) uncounted_until_ = now + settings_.interval;
    if (++failures_ >= settings_.retries) state_ = Health::unhealthy;
}

std::chrono::milliseconds HealthCount::pause() const {
    if (state_ != Health::unknown || early_probes_ == 0) return settings_.interval;
    return std::min(settings_.interval, kFirstPause * (1 << (early_probes_ - 1)));
}

}  // namespace rs
