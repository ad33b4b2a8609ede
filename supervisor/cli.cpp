#include "supervisor/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <format>
#include <optional>

#include "supervisor/base/exit_status.hpp"
#include "supervisor/cli_policy.hpp"

namespace rs::cli {
namespace {

constexpr const char* kConfigDirectory = "/etc/rootless-supervisor";

// A name becomes a file name: what systemd allows in unit names (systemd.unit(5)), short of escapes.
std::string check_name(const std::string& name) {
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
    };
    if (!name.empty() && name.front() != '.' && std::ranges::all_of(name, allowed)) return {};
    return std::format("'{}' is not a name: letters, digits and '-_.:' only", name);
}

std::string file_for(const std::string& name) {
    return std::format("{}/{}.toml", kConfigDirectory, name);
}

struct Arguments {
    std::string name;
    std::string config_file;

    [[nodiscard]] std::string file() const {
        if (!config_file.empty()) return config_file;
        return name.empty() ? std::string{} : file_for(name);
    }
};

void add_arguments(CLI::App& app, Arguments& arguments) {
    auto* name =
        app.add_option("NAME", arguments.name, "Name of the proxy, which names its configuration file");
    name->check(CLI::Validator{check_name, ""});
    app.add_option("--config", arguments.config_file,
                   std::format("Configuration file (default: {}/NAME.toml)", kConfigDirectory))
        ->type_name("FILE");
}

Message usage_mistake(std::string_view text) {
    return {std::format("rootless-supervisor: {}; see rootless-supervisor --help\n", text),
            to_int(ExitStatus::usage)};
}

// CLI11 reports through exceptions; they stop here.
std::expected<void, Message> parse_with(CLI::App& app, std::vector<std::string> words) {
    try {
        std::ranges::reverse(words);  // as CLI11 wants a vector
        app.parse(words);
        return {};
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(Message{app.help(), 0});
    } catch (const CLI::CallForAllHelp&) {
        return std::unexpected(Message{app.help("", CLI::AppFormatMode::All), 0});
    } catch (const CLI::CallForVersion&) {
        return std::unexpected(Message{std::format("rootless-supervisor {}\n", RS_VERSION), 0});
    } catch (const CLI::ParseError& mistake) {
        return std::unexpected(usage_mistake(mistake.what()));
    }
}

class AuditArguments {
  public:
    explicit AuditArguments(CLI::App& app)
        : command_{
              app.add_subcommand("audit", "Show what binds the running proxy, beside what is promised")} {
        add_arguments(*command_, which_);
        command_->add_option("--json", json_, "Print JSON: pretty, short or off")
            ->type_name("MODE")
            ->check(CLI::IsMember({"pretty", "short", "off"}));
    }

    [[nodiscard]] bool parsed() const { return command_->parsed(); }

    [[nodiscard]] std::optional<Audit> command() const {
        if (which_.name.empty()) return {};
        return Audit{which_.name, which_.file(), json()};
    }

  private:
    [[nodiscard]] Audit::Json json() const {
        if (json_ == "pretty") return Audit::Json::pretty;
        return json_ == "short" ? Audit::Json::brief : Audit::Json::off;
    }

    CLI::App* command_;
    Arguments which_;
    std::string json_ = "off";
};

}  // namespace

std::expected<Command, Message> parse(int argc, char** argv) {
    std::vector<std::string> words{argv + 1, argv + argc};

    // What follows `--` is a command line of its own, never ours to interpret.
    const auto separator = std::ranges::find(words, "--");
    const bool separated = separator != words.end();
    std::vector<std::string> command;
    if (separated) command.assign(separator + 1, words.end());
    words.erase(separator, words.end());

    CLI::App app{"Runs a reverse proxy in the network of rootless Podman, from a systemd system service.",
                 "rootless-supervisor"};
    app.set_version_flag("--version");
    app.footer("See rootless-supervisor(8) and rootless-supervisor.toml(5).");
    Arguments run;
    add_arguments(app, run);

    Arguments check;
    auto* check_command = app.add_subcommand("check", "Validate a configuration and exit");
    add_arguments(*check_command, check);

    Arguments exec;
    auto* exec_command = app.add_subcommand(
        "exec",
        "Run a command in Podman's network, in the proxy's sandbox: exec [NAME] -- COMMAND [ARGUMENT...]");
    add_arguments(*exec_command, exec);

    PolicyArguments policy{app};
    AuditArguments audit{app};

    if (auto parsed = parse_with(app, std::move(words)); !parsed) return std::unexpected(parsed.error());

    const auto mistake = [](std::string_view text) { return std::unexpected(usage_mistake(text)); };
    if (exec_command->parsed()) {
        if (command.empty())
            return mistake("exec needs a command after '--', such as: exec -- curl http://whoami");
        return Exec{exec.file(), std::move(command)};
    }
    if (separated) return mistake("only exec takes a command after '--'");
    if (policy.parsed()) {
        auto wanted = policy.command();
        if (!wanted) return mistake(wanted.error());
        return *std::move(wanted);
    }
    if (check_command->parsed()) {
        if (check.file().empty()) return mistake("check needs NAME or --config FILE");
        return Check{check.file()};
    }
    if (audit.parsed()) {
        auto wanted = audit.command();
        if (!wanted) return mistake("audit needs NAME");
        return *std::move(wanted);
    }
    if (run.name.empty()) return mistake("NAME is required");
    return Run{run.name, run.file()};
}

}  // namespace rs::cli
