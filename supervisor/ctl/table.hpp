// Rows in columns that fit the width.
#pragma once

#include <string>
#include <vector>

#include "supervisor/ctl/text.hpp"

namespace rs::ctl {

struct Column {
    std::string title;
    enum class Kind { text, number, flexible } kind = Kind::text;  // numbers stand on the right
    int spare = 0;  // left out where there is no room for a flexible column, the highest first; 0: never
};

// A line for the titles and one for each row; rows have as many cells as there are columns. Where the width
// does not do, spare columns are left out and the flexible ones made narrower, then all others.
std::vector<Line> table(std::vector<Column> titles, std::vector<std::vector<Span>> rows, const Style& style);

}  // namespace rs::ctl
