// One datagram of the sd_notify(3) protocol, as the proxy sends it.
#pragma once

#include <string>
#include <string_view>

namespace rs {

struct NotifyMessage {
    bool ready = false;
    bool reloading = false;
    bool stopping = false;
    bool ping = false;     // WATCHDOG=1
    bool trigger = false;  // WATCHDOG=trigger: it asks to be taken for hung
    std::string status;    // plain_line(); empty where there was none
    bool barrier = false;  // BARRIER=1: the sender waits for the descriptor that came along to be closed
};

// Unknown assignments are dropped: MAINPID=, FDSTORE= and the like are not the proxy's to say.
NotifyMessage parse_notify(std::string_view datagram);

}  // namespace rs
