#include "supervisor/policy_command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <format>
#include <span>
#include <string>
#include <system_error>

#include "policy/sandbox.hpp"
#include "policy/show.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/config/parse.hpp"
#include "supervisor/policy_learn.hpp"
#include "supervisor/sandbox.hpp"

namespace rs {
namespace {

constexpr int kDifferent = 1;  // as diff(1) has it

int refuse(const std::string& why, ExitStatus status = ExitStatus::config) {
    spdlog::error("{}", why);
    return to_int(status);
}

int print(const std::string& text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (written && std::fflush(stdout) == 0) return to_int(ExitStatus::ok);
    return refuse(std::format("cannot write to stdout: {}", reason_of(errno)), ExitStatus::os_error);
}

Result<policy::Policy> of_profile(const std::string& name) {
    return policy::assemble(policy::Library{}, {.profile = name});
}

Result<policy::Policy> of_config(const std::string& file) {
    const auto config = load_config(file);
    if (!config) return fail(config.error().text());
    const policy::Library library;
    auto made = policy::assemble(library, wishes_of(*config, library));
    if (!made) return fail(std::format("{}: {}", file, made.error().message));
    return made;
}

void warn(const policy::Policy& policy) {
    for (const auto& warning : policy.warnings)
        spdlog::warn("{}", warning);
}

int list() {
    const auto text = policy::list_profiles(policy::Library{});
    return text ? print(*text) : refuse(text.error().message);
}

int show(const cli::Policy& command) {
    const bool by_config = !command.config_file.empty();
    const auto made = by_config ? of_config(command.config_file) : of_profile(command.arguments.front());
    if (!made) return refuse(made.error().message);
    warn(*made);
    const auto profile = policy::Library{}.load(made->profile);
    return print(policy::show(*made, profile ? profile->description : ""));
}

// As it would be used: included profiles, the filter, and its check.
int check(const std::string& file) {
    std::error_code trouble;
    const auto path = std::filesystem::absolute(file, trouble);
    const auto made = of_profile(trouble ? file : path.string());
    if (!made) return refuse(made.error().message);
    warn(*made);
    if (const auto program = policy::compile_filter(made->syscalls); !program)
        return refuse(program.error().message);
    return print(std::format("{}: OK\n", file));
}

int diff(const std::string& before, const std::string& after) {
    const auto one = of_profile(before);
    if (!one) return refuse(one.error().message);
    const auto other = of_profile(after);
    if (!other) return refuse(other.error().message);
    const std::string text = policy::difference(*one, *other);
    const int printed = print(text);
    return printed != 0 || text.empty() ? printed : kDifferent;
}

Result<> write_program(const std::string& file, std::span<const sock_filter> program) {
    const UniqueFd fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (!fd) return fail_errno(std::format("cannot write '{}'", file), errno);
    const auto bytes = std::as_bytes(program);
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0) return fail_errno(std::format("cannot write '{}'", file), errno);
    if (static_cast<std::size_t>(written) != bytes.size()) {
        return fail(std::format("cannot write '{}': only {} of {} bytes fit", file, written, bytes.size()));
    }
    return {};
}

int compile(const std::string& profile, const std::string& bpf_file) {
    const auto made = of_profile(profile);
    if (!made) return refuse(made.error().message);
    warn(*made);
    const auto program = policy::compile_filter(made->syscalls);
    if (!program) return refuse(program.error().message);
    if (bpf_file.empty()) return print(policy::pseudo_code(program->instructions));
    const auto written = write_program(bpf_file, program->instructions);
    return written ? to_int(ExitStatus::ok) : refuse(written.error().message, ExitStatus::os_error);
}

int explain(const std::string& call) {
    const auto text = policy::explain(policy::Library{}, call);
    return text ? print(*text) : refuse(text.error().message, ExitStatus::usage);
}

}  // namespace

int run_policy_command(const cli::Policy& command) {
    const auto& arguments = command.arguments;
    switch (command.verb) {
        case cli::Policy::Verb::list:
            return list();
        case cli::Policy::Verb::show:
            return show(command);
        case cli::Policy::Verb::check:
            return check(arguments[0]);
        case cli::Policy::Verb::diff:
            return diff(arguments[0], arguments[1]);
        case cli::Policy::Verb::compile:
            return compile(arguments[0], command.bpf_file);
        case cli::Policy::Verb::explain:
            return explain(arguments[0]);
        case cli::Policy::Verb::learn:
            return learn_policy(arguments[0], arguments[1]);
    }
    return to_int(ExitStatus::usage);
}

}  // namespace rs
