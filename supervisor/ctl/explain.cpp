#include <algorithm>
#include <format>

#include "supervisor/ctl/command.hpp"
#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/explanation.hpp"
#include "supervisor/ctl/gather.hpp"
#include "supervisor/ctl/instances.hpp"
#include "supervisor/ctl/output.hpp"
#include "supervisor/ctl/terminal.hpp"
#include "supervisor/ctl/verbs.hpp"

namespace rs::ctl {
namespace {

// What is to be looked at is there, so that is where the looking is done; by the name that is ours alone.
int explain_there(const Options& options) {
    std::vector<std::string> command{
        ssh_program(), "-T", "--", options.hosts.front(), "rootless-supervisorctl", "explain"};
    if (options.json != JsonFormat::off)
        command.emplace_back(options.json == JsonFormat::pretty ? "--json=pretty" : "--json=short");
    command.push_back(options.names.front());
    complain(become(command).message);
    return kFailed;
}

bool known(const std::string& name) {
    const auto instances = instances_on("");
    return instances && std::ranges::contains(*instances, name, &Instance::name);
}

}  // namespace

int explain(const Options& options) {
    if (!options.hosts.empty()) return explain_there(options);
    const std::string& name = options.names.front();
    const std::vector<Check> checks = gather_checks(name);
    const bool failed = std::ranges::any_of(checks, [](const Check& check) { return check.passed == false; });
    const int trouble = known(name) ? kFailed : kUnreachable;
    const int status = failed ? trouble : kOk;
    if (options.json != JsonFormat::off) {
        print_json(labelled(Target{"", name}, to_json(checks).get()).get(), options.json);
        return status;
    }
    // Never cut: a command that is not whole is none.
    Style style = style_of_output();
    style.width = 0;
    print(render(explanation(name, checks, style), style));
    return status;
}

}  // namespace rs::ctl
