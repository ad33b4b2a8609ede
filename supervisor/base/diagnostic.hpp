// What is wrong with a file that a person wrote, and where.
#pragma once

#include <string>

namespace rs {

struct Diagnostic {
    std::string file;
    unsigned line = 0;    // from 1; 0 where the trouble has no place, as with a file that cannot be read
    unsigned column = 0;  // from 1, in characters, not bytes
    std::string message;  // what is wrong and what to write instead

    // "file:line:column: message", the form that editors and compilers' users know; always a single line.
    [[nodiscard]] std::string text() const;
};

}  // namespace rs
