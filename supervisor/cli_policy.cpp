#include "supervisor/cli_policy.hpp"

namespace rs::cli {

CLI::App* PolicyArguments::add(const char* name, const char* what) {
    return command_->add_subcommand(name, what);
}

PolicyArguments::PolicyArguments(CLI::App& app)
    : command_(app.add_subcommand("policy", "Show, check, compare and compile policies of the sandbox")),
      list_(add("list", "The profiles that there are")),
      show_(add("show", "What a profile, or a configuration with its own wishes, comes to")),
      check_(add("check", "Validate a profile: TOML, or a container's JSON")),
      diff_(add("diff", "What differs between two profiles; exit status 1 if anything does")),
      compile_(add("compile", "The system call filter as pseudo code, or as BPF into a file")),
      explain_(add("explain", "What a system call is, and how each profile answers it")),
      learn_(add("learn", "Observe a proxy that runs, and print a profile of what it used")) {
    command_->require_subcommand(1);
    show_->add_option("PROFILE", first_, "A profile's name or absolute path");
    show_->add_option("--config", config_file_, "The policy of this configuration")->type_name("FILE");
    check_->add_option("FILE", first_, "The profile's file")->required();
    diff_->add_option("A", first_, "The one profile")->required();
    diff_->add_option("B", second_, "The other profile")->required();
    compile_->add_option("PROFILE", first_, "A profile's name or absolute path")->required();
    compile_->add_option("--bpf", bpf_file_, "Write the program, as seccomp(2) takes it")->type_name("FILE");
    explain_->add_option("SYSCALL", first_, "Its name or number")->required();
    learn_->add_option("NAME", first_, "Name of the proxy")->required();
    learn_->add_option("--for", second_, "How long (default: 60s)")->type_name("TIME")->default_val("60s");
}

std::expected<Policy, std::string> PolicyArguments::command() const {
    using Verb = Policy::Verb;
    if (list_->parsed()) return Policy{Verb::list, {}, {}, {}};
    if (check_->parsed()) return Policy{Verb::check, {first_}, {}, {}};
    if (diff_->parsed()) return Policy{Verb::diff, {first_, second_}, {}, {}};
    if (compile_->parsed()) return Policy{Verb::compile, {first_}, {}, bpf_file_};
    if (explain_->parsed()) return Policy{Verb::explain, {first_}, {}, {}};
    if (learn_->parsed()) return Policy{Verb::learn, {first_, second_}, {}, {}};
    if (first_.empty() == config_file_.empty()) {
        return std::unexpected("policy show needs either PROFILE or --config FILE");
    }
    return Policy{Verb::show, {first_}, config_file_, {}};
}

}  // namespace rs::cli
