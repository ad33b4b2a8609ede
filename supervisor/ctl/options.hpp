// The command line of supervisorctl(1).
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace rs::ctl {

enum class Verb { status, monitor, restart, reload, stop, start, explain, logs, config, metrics };

enum class JsonFormat { off, compact, pretty };

struct Options {
    Verb verb = Verb::status;
    std::vector<std::string> names;  // without ".service"
    std::vector<std::string> hosts;  // as ssh(1) takes them; none: this one
    JsonFormat json = JsonFormat::off;
    bool watch = false;
    bool follow = false;
    int lines = 0;                   // of logs
    std::vector<std::string> extra;  // after "--", for journalctl(1)
};

// What to print and exit with instead of doing anything: help, version, or a mistake.
struct Message {
    std::string text;
    int exit_status;
};
std::expected<Options, Message> parse(int argc, char** argv);

// Each option and verb of the command line, as the manual must have them: "--json", "-H", "status", … Of all
// verbs.
std::vector<std::string> documented_words();

}  // namespace rs::ctl
