// Printing, and JSON as it is documented in supervisorctl(1).
#pragma once

#include <string>
#include <string_view>

#include "supervisor/ctl/ask.hpp"
#include "supervisor/ctl/json.hpp"
#include "supervisor/ctl/link.hpp"
#include "supervisor/ctl/options.hpp"

namespace rs::ctl {

// The one place that looks at the clock.
Time now();

// To standard output, at once: somebody may follow it through a pipe.
void print(const std::string& rendered);

// A text of several lines that is not ours: as it is to a file or a pipe, harmless to a terminal.
void print_text(const std::string& text);

// One line, never cut, to standard output or to standard error.
void say(const std::string& line);
void complain(const std::string& line);

void print_json(sd_json_variant* value, JsonFormat format);

// The parameters with "name" before them, and "host" where there is one.
Json labelled(const Target& target, sd_json_variant* parameters);

// Without a status: "state" and "reason" instead.
Json labelled(const Answer& answer);

// A word for the shell of another host.
std::string shell_quoted(std::string_view word);

}  // namespace rs::ctl
