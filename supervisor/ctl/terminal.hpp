// Where the output goes, and what it may be sent.
#pragma once

#include "supervisor/ctl/text.hpp"

namespace rs::ctl {

// Of standard output: its width ($COLUMNS, else the terminal's; none where it is no terminal), colours (on a
// terminal that is not "dumb", without $NO_COLOR, https://no-color.org), symbols (on a terminal in a UTF-8
// locale). setlocale(3) must have been called.
Style style_of_output();

bool output_is_terminal();

// The terminal's; 0 where it is not known.
std::size_t lines_of_output();

}  // namespace rs::ctl
