// What each verb does. All return the exit status of the program.
#pragma once

#include <string>

#include "supervisor/ctl/link.hpp"
#include "supervisor/ctl/options.hpp"

namespace rs::ctl {

int show_status(const Options& options);
int watch(const Options& options);    // status --watch
int monitor(const Options& options);  // until interrupted, or nobody is left to tell something
int change(const Options& options);   // restart, reload, stop, start
int show_logs(const Options& options);
int show_config(const Options& options);
int show_metrics(const Options& options);
int explain(const Options& options);

// "restart" for the verb, and the method of the interface: "Restart".
std::string word_for(Verb verb);
std::string method_for(Verb verb);

// What a failed change is told as, and its exit status. The line says what to do.
struct Told {
    std::string line;
    int exit_status;
};
Told told(const Failure& failure, const Target& target, Verb verb);

}  // namespace rs::ctl
