// The part of the command line that follows `rootless-supervisor policy`.
#pragma once

#include <CLI/CLI.hpp>
#include <expected>
#include <string>

#include "supervisor/cli.hpp"

namespace rs::cli {

// Must outlive the parsing: CLI11 keeps pointers into it.
class PolicyArguments {
  public:
    explicit PolicyArguments(CLI::App& app);

    [[nodiscard]] bool parsed() const { return command_->parsed(); }
    // Error: what is wrong, in words.
    [[nodiscard]] std::expected<Policy, std::string> command() const;

  private:
    CLI::App* add(const char* name, const char* what);

    CLI::App* command_;
    CLI::App *list_, *show_, *check_, *diff_, *compile_, *explain_, *learn_;
    std::string first_, second_, config_file_, bpf_file_;
};

}  // namespace rs::cli
