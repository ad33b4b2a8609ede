#include <cstdio>
#include <exception>

#include "supervisor/app.hpp"
#include "supervisor/audit_command.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/cli.hpp"
#include "supervisor/config/parse.hpp"
#include "supervisor/exec.hpp"
#include "supervisor/policy_command.hpp"
#include "supervisor/sandbox.hpp"

namespace {

int refuse(const rs::Diagnostic& diagnostic) {
    spdlog::error("{}", diagnostic.text());
    return to_int(rs::ExitStatus::config);
}

int refuse(const std::string& file, const rs::Error& error) {
    spdlog::error("{}: {}", file, error.message);
    return to_int(rs::ExitStatus::config);
}

struct CarryOut {
    int operator()(const rs::cli::Run& command) const {
        const auto config = rs::load_config(command.config_file);
        if (!config) return refuse(config.error());
        return rs::run_service(command.name, command.config_file, *config);
    }

    int operator()(const rs::cli::Check& command) const {
        const auto config = rs::load_config(command.config_file);
        if (!config) return refuse(config.error());
        const auto warnings = rs::check_policy(*config);
        if (!warnings) return refuse(command.config_file, warnings.error());
        for (const auto& warning : *warnings)
            spdlog::warn("{}: {}", command.config_file, warning);
        std::printf("%s: OK\n", command.config_file.c_str());
        return to_int(rs::ExitStatus::ok);
    }

    int operator()(const rs::cli::Policy& command) const { return rs::run_policy_command(command); }
    int operator()(const rs::cli::Audit& command) const {
        const auto config = rs::load_config(command.config_file);
        if (!config) return refuse(config.error());
        return rs::audit_proxy(command, *config);
    }

    int operator()(const rs::cli::Exec& command) const {
        rs::Config config;
        if (!command.config_file.empty()) {
            auto loaded = rs::load_config(command.config_file);
            if (!loaded) return refuse(loaded.error());
            config = *std::move(loaded);
        }
        return rs::exec_in_network(config, command.command);
    }
};

}  // namespace

int main(int argc, char** argv) try {
    const auto command = rs::cli::parse(argc, argv);
    if (!command) {
        std::fputs(command.error().text.c_str(), command.error().exit_status == 0 ? stdout : stderr);
        return command.error().exit_status;
    }
    rs::log::init();
    return std::visit(CarryOut{}, *command);
} catch (const std::exception& failure) {
    // Failures of the world are values; what comes here is want of memory, or a bug.
    std::fprintf(stderr, "rootless-supervisor: %s\n", failure.what());
    return to_int(rs::ExitStatus::os_error);
}
