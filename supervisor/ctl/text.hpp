// Text of others on a terminal: harmless, measured in columns, never wider than its place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rs::ctl {

// What may be written to where the output goes.
struct Style {
    std::size_t width = 0;  // columns; 0: as long as it gets
    bool colour = false;
    bool symbols = false;  // ✓ and its like instead of words, and "…"
    bool utf8 = false;     // characters beyond ASCII
};

// A text with nothing in it that a terminal obeys or that deceives a reader: control characters and bytes
// that are no UTF-8 become \xNN; characters that reorder or hide others (bidirectional controls, zero-width
// ones, line separators), and combining characters without a base or in heaps, become \u{NNNN}. Without
// `utf8` each other character beyond ASCII becomes '?'.
std::string harmless(std::string_view text, bool utf8);

// How many columns a harmless text takes: wide characters two, combining ones none.
std::size_t columns(std::string_view text);

// A harmless text in at most `width` columns: cut between characters, with "…" or "..." for what is missing.
std::string fit(std::string_view text, std::size_t width, const Style& style);

// Meanings, not colours.
enum class Tone { plain, bold, faint, good, warning, bad };

struct Span {
    std::string text;
    Tone tone = Tone::plain;
};
using Line = std::vector<Span>;

// The columns that a line takes once it is harmless.
std::size_t columns(const Line& line, const Style& style);

// Harmless, within style.width, with colours if the style has them, without blanks at the end, with a
// newline.
std::string render(const Line& line, const Style& style);
std::string render(const std::vector<Line>& lines, const Style& style);

// A mark for yes, no and unknown: ✓ ✗ ?, or words of equal length.
enum class Mark { yes, no, unknown };
Span mark(Mark which, const Style& style);

}  // namespace rs::ctl
