// Times and spans for readers, as systemctl writes them; in the zone of $TZ.
#pragma once

#include <string>

#include "supervisor/ctl/status.hpp"

namespace rs::ctl {

// "Sun 2026-11-22 21:07:01 UTC"
std::string date_and_time(Time time);

// "Nov 22 21:07:01", as in the journal.
std::string short_time(Time time);

// "2d 3h", "2h 3min", "3min 20s", "45s", "1.2s", "350ms": the two units that matter. Less than nothing is
// "0s".
std::string span_text(Micros span);

// "2h 3min ago"; "just now" within a second, and for clocks that differ.
std::string ago(Time time, Time now);

}  // namespace rs::ctl
