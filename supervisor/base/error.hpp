// Failures of the world as values.
//
// Low layers return an Error that says what failed, on what and why; the one who handles it adds what
// happens next and is the only one to log it.
#pragma once

#include <expected>
#include <string>

namespace rs {

struct Error {
    std::string message;  // no trailing full stop: the reader appends "; what happens next"
    int code = 0;         // errno of the call that failed, 0 where no call was involved
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message, int code = 0) {
    return std::unexpected(Error{std::move(message), code});
}

// The reason in words: "No such file or directory".
std::string reason_of(int code);

// "what: No such file or directory". Takes errno by value, so nothing between the call and here may change
// it.
std::unexpected<Error> fail_errno(std::string what, int code);

}  // namespace rs
