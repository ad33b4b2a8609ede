#include "supervisor/health/probe.hpp"

#include <chrono>
#include <format>

#include "supervisor/base/text.hpp"

namespace rs {

namespace {

constexpr std::size_t kLineMax = 300;
// Room for one whole line and the end of another, so that cutting a line's beginning off stays the exception.
constexpr std::size_t kTailMax = 2 * kLineMax;

std::string with_output(const std::string& text, const std::string& output) {
    return output.empty() ? text : text + ": " + output;
}

}  // namespace

ProbeCommand probe_command(const HealthConfig& config, const std::string& program) {
    if (!config.command.empty()) return {.argv = config.command, .ours = false};
    std::vector<std::string> argv{program, std::format("--timeout-ms={}", config.timeout.count())};
    if (config.expect != 0) argv.push_back(std::format("--expect={}", config.expect));
    if (!config.unix_socket.empty()) argv.push_back("--unix-socket=" + config.unix_socket);
    argv.push_back(config.http.empty() ? "tcp://" + config.tcp : config.http);
    return {.argv = std::move(argv), .ours = true};
}

std::string failure_text(const ProbeCommand& command, ProcessEnd end, const std::string& output) {
    const bool said_why =
        command.ours && end == ProcessEnd{.by_signal = false, .value = 1} && !output.empty();
    if (said_why) return output;
    return with_output(std::format("{} {}", command.argv.front(), end.text()), output);
}

std::string timeout_text(const ProbeCommand& command, std::chrono::milliseconds timeout,
                         const std::string& output) {
    return with_output(
        std::format("{} was killed after {:%Q} ms without a result", command.argv.front(), timeout), output);
}

void LastLine::add(std::string_view text) {
    tail_ += text;
    if (tail_.size() > kTailMax) tail_.erase(0, tail_.size() - kTailMax);
}

std::string LastLine::text() const {
    std::string_view rest = tail_;
    const std::size_t last = rest.find_last_not_of("\r\n \t");
    rest = rest.substr(0, last == std::string_view::npos ? 0 : last + 1);
    return one_line(rest.substr(rest.rfind('\n') + 1), kLineMax);
}

}  // namespace rs
