// The command line of rootless-supervisor(8).
#pragma once

#include <expected>
#include <string>
#include <variant>
#include <vector>

namespace rs::cli {

struct Run {
    std::string name;
    std::string config_file;
};
struct Check {
    std::string config_file;
};
struct Exec {
    std::string config_file;  // empty: defaults
    std::vector<std::string> command;
};
struct Audit {
    enum class Json { off, brief, pretty };
    std::string name;
    std::string config_file;
    Json json;
};
using Command = std::variant<Run, Check, Exec, Audit>;

// What to print and exit with instead of doing anything: --help, --version (status 0), or a mistake.
struct Message {
    std::string text;
    int exit_status;
};
std::expected<Command, Message> parse(int argc, char** argv);

}  // namespace rs::cli
