// The location of the call below would be the same for every line.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "supervisor/base/log.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/stat.h>
#include <sys/syslog.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>
#include <format>
#include <map>
#include <memory>
#include <vector>

namespace rs::log {
namespace {

std::map<std::string, std::string>& fields() {
    static std::map<std::string, std::string> all;
    return all;
}

int priority(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace:
        case spdlog::level::debug:
            return LOG_DEBUG;
        case spdlog::level::info:
            return LOG_INFO;
        case spdlog::level::warn:
            return LOG_WARNING;
        case spdlog::level::err:
            return LOG_ERR;
        case spdlog::level::critical:
            return LOG_CRIT;
        case spdlog::level::off:
        case spdlog::level::n_levels:
            break;
    }
    return LOG_INFO;
}

// spdlog's own systemd sink cannot send fields of our own. One thread logs, so there is no mutex.
class JournalSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  protected:
    void sink_it_(const spdlog::details::log_msg& line) override {
        std::vector<std::string> entries = {
            std::format("MESSAGE={}", std::string_view{line.payload.data(), line.payload.size()}),
            std::format("PRIORITY={}", priority(line.level)),
            "SYSLOG_IDENTIFIER=rootless-supervisor",
        };
        for (const auto& [name, value] : fields())
            entries.push_back(std::format("{}={}", name, value));
        std::vector<iovec> parts;
        parts.reserve(entries.size());
        for (auto& entry : entries)
            parts.push_back({entry.data(), entry.size()});
        if (sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) < 0) {
            // journald is away: its stream on stderr may still be held open by systemd.
            const std::string plain = entries.front().substr(sizeof "MESSAGE=" - 1) + '\n';
            [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, plain.data(), plain.size());
        }
    }
    void flush_() override {}
};

bool stderr_is_the_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status{};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) < 0) return false;
    return std::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

void init() {
    if (stderr_is_the_journal()) {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("", std::make_shared<JournalSink>()));
        return;
    }
    auto logger =
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_color_sink_st>());
    logger->set_pattern("rootless-supervisor: %^%v%$");
    spdlog::set_default_logger(std::move(logger));
}

void set_field(const std::string& name, const std::string& value) {
    if (value.empty()) {
        fields().erase(name);
    } else {
        fields()[name] = value;
    }
}

}  // namespace rs::log
