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
struct Policy {
    enum class Verb { list, show, check, diff, compile, explain, learn };
    Verb verb;
    // Profiles, a file or a system call, as many as the verb takes; of `learn`, a proxy and for how long.
    std::vector<std::string> arguments;
    std::string config_file;  // of `show`, instead of a profile
    std::string bpf_file;     // of `compile`; empty: pseudo code
};
struct Audit {
    enum class Json { off, brief, pretty };
    std::string name;
    std::string config_file;
    Json json;
};
using Command = std::variant<Run, Check, Exec, Audit, Policy>;

// What to print and exit with instead of doing anything: --help, --version (status 0), or a mistake.
struct Message {
    std::string text;
    int exit_status;
};
std::expected<Command, Message> parse(int argc, char** argv);

}  // namespace rs::cli
