#include "supervisor/ctl/table.hpp"

#include <algorithm>
#include <numeric>

namespace rs::ctl {
namespace {

using Kind = Column::Kind;
using Rows = std::vector<std::vector<Span>>;
using Widths = std::vector<std::size_t>;

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 4;
constexpr std::size_t kFlexible = 20;  // what a flexible column should have

std::size_t total(const Widths& widths) {
    return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
}

Widths natural_widths(const std::vector<Column>& titles, const Rows& rows, const Style& style) {
    Widths widths;
    for (const Column& column : titles)
        widths.push_back(columns(column.title));
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], columns(harmless(row[i].text, style.utf8)));
    }
    return widths;
}

// Leaves spare columns out until the flexible ones have room.
void leave_out(std::vector<Column>& titles, Rows& rows, Widths& widths, std::size_t width) {
    for (;;) {
        Widths wanted = widths;
        for (std::size_t i = 0; i < titles.size(); ++i)
            if (titles[i].kind == Kind::flexible) wanted[i] = std::min(wanted[i], kFlexible);
        const auto spare = std::ranges::max_element(titles, {}, &Column::spare);
        if (total(wanted) <= width || spare == titles.end() || spare->spare == 0) return;
        const auto at = spare - titles.begin();
        titles.erase(spare);
        widths.erase(widths.begin() + at);
        for (auto& row : rows)
            row.erase(row.begin() + at);
    }
}

// The widest column that may become narrower; the end if there is none.
Widths::iterator widest(Widths& widths, const std::vector<Column>& titles, bool flexible) {
    auto found = widths.end();
    for (auto each = widths.begin(); each != widths.end(); ++each) {
        const Column& column = titles[static_cast<std::size_t>(each - widths.begin())];
        if (*each <= kNarrowest || (flexible && column.kind != Kind::flexible)) continue;
        if (found == widths.end() || *each > *found) found = each;
    }
    return found;
}

void shrink(Widths& widths, const std::vector<Column>& titles, std::size_t width) {
    while (total(widths) > width) {
        auto chosen = widest(widths, titles, true);
        if (chosen == widths.end()) chosen = widest(widths, titles, false);
        if (chosen == widths.end()) return;  // the line is cut then
        --*chosen;
    }
}

Line line_of(const std::vector<Span>& cells, const std::vector<Column>& titles, const Widths& widths,
             const Style& style) {
    Line line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool right = titles[i].kind == Kind::number;
        const std::string text = fit(harmless(cells[i].text, style.utf8), widths[i], style);
        const std::string blanks(widths[i] - std::min(widths[i], columns(text)), ' ');
        if (i > 0) line.push_back({std::string(kGap, ' ')});
        if (right) line.push_back({blanks});
        line.push_back({text, cells[i].tone});
        if (!right) line.push_back({blanks});
    }
    return line;
}

}  // namespace

std::vector<Line> table(std::vector<Column> titles, std::vector<std::vector<Span>> rows, const Style& style) {
    Widths widths = natural_widths(titles, rows, style);
    if (style.width != 0) {
        leave_out(titles, rows, widths, style.width);
        shrink(widths, titles, style.width);
    }
    std::vector<Span> head;
    for (const Column& column : titles)
        head.push_back({column.title, Tone::bold});
    std::vector<Line> lines{line_of(head, titles, widths, style)};
    for (const auto& row : rows)
        lines.push_back(line_of(row, titles, widths, style));
    return lines;
}

}  // namespace rs::ctl
