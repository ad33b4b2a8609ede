#include "supervisor/ctl/terminal.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace rs::ctl {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::size_t width_of_output(bool terminal) {
    const std::string_view columns = environment("COLUMNS");
    std::size_t width = 0;
    const auto read = std::from_chars(columns.data(), columns.data() + columns.size(), width);
    if (read.ec == std::errc{} && read.ptr == columns.data() + columns.size() && width > 0) return width;
    winsize size{};
    if (terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) return size.ws_col;
    return 0;
}

}  // namespace

bool output_is_terminal() {
    return ::isatty(STDOUT_FILENO) != 0;
}

std::size_t lines_of_output() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

Style style_of_output() {
    const bool terminal = output_is_terminal();
    const bool utf8 = std::string_view{::nl_langinfo(CODESET)} == "UTF-8";
    return {.width = width_of_output(terminal),
            .colour = terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb",
            .symbols = terminal && utf8,
            .utf8 = utf8};
}

}  // namespace rs::ctl
