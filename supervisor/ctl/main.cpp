#include <clocale>
#include <cstdio>
#include <exception>

#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/options.hpp"
#include "supervisor/ctl/verbs.hpp"

namespace {

int carry_out(const rs::ctl::Options& options) {
    using rs::ctl::Verb;
    switch (options.verb) {
        case Verb::status:
            return options.watch ? watch(options) : show_status(options);
        case Verb::monitor:
            return monitor(options);
        case Verb::restart:
        case Verb::reload:
        case Verb::stop:
        case Verb::start:
            return change(options);
        case Verb::explain:
            return explain(options);
        case Verb::logs:
            return show_logs(options);
        case Verb::config:
            return show_config(options);
        case Verb::metrics:
            return show_metrics(options);
    }
    return rs::ctl::kFailed;
}

}  // namespace

int main(int argc, char** argv) try {
    std::setlocale(LC_CTYPE, "");
    const auto options = rs::ctl::parse(argc, argv);
    if (!options) {
        std::fputs(options.error().text.c_str(), options.error().exit_status == 0 ? stdout : stderr);
        return options.error().exit_status;
    }
    return carry_out(*options);
} catch (const std::exception& failure) {
    // Failures of the world are values; what comes here is want of memory, or a bug.
    std::fprintf(stderr, "supervisorctl: %s\n", failure.what());
    return rs::ctl::kFailed;
}
