#include "supervisor/notify/message.hpp"

#include <ranges>

#include "supervisor/base/text.hpp"

namespace rs {
namespace {

constexpr std::size_t kStatusMax = 200;

}  // namespace

NotifyMessage parse_notify(std::string_view datagram) {
    NotifyMessage message;
    for (const auto part : std::views::split(datagram, '\n')) {
        const std::string_view line{part};
        if (line == "READY=1") message.ready = true;
        if (line == "RELOADING=1") message.reloading = true;
        if (line == "STOPPING=1") message.stopping = true;
        if (line == "WATCHDOG=1") message.ping = true;
        if (line == "WATCHDOG=trigger") message.trigger = true;
        if (line == "BARRIER=1") message.barrier = true;
        if (line.starts_with("STATUS=")) message.status = plain_line(line.substr(7), kStatusMax);
    }
    return message;
}

}  // namespace rs
