#include "supervisor/ctl/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <format>
#include <map>
#include <memory>
#include <sstream>

#include "supervisor/base/suggest.hpp"
#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/text.hpp"

namespace rs::ctl {
namespace {

constexpr int kLines = 100;

struct Described {
    Verb verb;
    const char* name;
    const char* text;
    bool needs_name;
    bool one_name;
};
constexpr std::array<Described, 10> kVerbs{{
    {Verb::status, "status", "Show one service on a screen, or several in a table (all if none is named)",
     false, false},
    {Verb::monitor, "monitor", "Show what happens, as it happens (all services if none is named)", false,
     false},
    {Verb::restart, "restart", "Replace the proxy; the old one serves until its successor is ready", true,
     false},
    {Verb::reload, "reload", "Read the configuration anew and pass it on to the proxy", true, false},
    {Verb::stop, "stop", "Stop the proxy; the service and its sockets stay", true, false},
    {Verb::start, "start", "Let a stopped proxy serve again", true, false},
    {Verb::explain, "explain", "Check every precondition and say how to fix what is wrong", true, true},
    {Verb::logs, "logs", "Show the journal of the service and its proxy: logs NAME [-- JOURNALCTL OPTION...]",
     true, false},
    {Verb::config, "config", "Print the configuration that holds, all keys", true, true},
    {Verb::metrics, "metrics", "Print metrics as OpenMetrics text", true, true},
}};

// A name becomes a path and a unit's name; rootless-supervisor(8) takes the same ones.
std::string check_name(std::string& name) {
    if (name.ends_with(".service")) name.resize(name.size() - std::string_view{".service"}.size());
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
    };
    if (!name.empty() && name.front() != '.' && std::ranges::all_of(name, allowed)) return {};
    return std::format("'{}' is not a name: letters, digits and '-_.:' only", name);
}

// ssh takes what begins with '-' for an option; sd-varlink takes what follows ':' for a path.
std::string check_host(std::string& host) {
    if (host.contains(':'))
        return std::format("'{}' is not a host; give the address a name in ssh_config(5)", host);
    const auto allowed = [](unsigned char c) { return std::isgraph(c) != 0; };
    if (!host.empty() && host.front() != '-' && std::ranges::all_of(host, allowed)) return {};
    return std::format("'{}' is not a host", host);
}

void add_json(CLI::App& app, Options& options) {
    const std::map<std::string, JsonFormat> formats{
        {"off", JsonFormat::off}, {"short", JsonFormat::compact}, {"pretty", JsonFormat::pretty}};
    app.add_option("--json", options.json, "Print JSON: pretty (indented), short (on one line) or off")
        ->type_name("FORMAT")
        ->transform(CLI::CheckedTransformer{formats}.description(""));
}

void add_watch(CLI::App& app, Options& options) {
    app.add_flag("-w,--watch", options.watch, "Redraw whenever something changes, until interrupted");
}

bool prints_json(Verb verb) {
    constexpr std::array kThese{Verb::status, Verb::monitor, Verb::explain, Verb::config, Verb::metrics};
    return std::ranges::contains(kThese, verb);
}

std::string_view names_of(const Described& verb) {
    if (verb.one_name) return "NAME";
    return verb.needs_name ? "NAME..." : "[NAME...]";
}

void add_arguments(CLI::App& app, Options& options, const Described& verb) {
    auto* names = app.add_option("NAME", options.names, "Name of a service, as in NAME.service");
    names->transform(CLI::Validator{check_name, ""});
    names->required(verb.needs_name)->type_name("");
    names->expected(verb.needs_name ? 1 : 0, verb.one_name ? 1 : 1000);
    if (verb.verb == Verb::status) add_watch(app, options);
    if (prints_json(verb.verb)) add_json(app, options);
    if (verb.verb != Verb::logs) return;
    app.add_flag("-f,--follow", options.follow, "Go on with new lines as they are written");
    app.add_option("-n,--lines", options.lines, "So many lines of the past")
        ->type_name("NUMBER")
        ->default_val(kLines)
        ->check(CLI::NonNegativeNumber.description(""));
}

std::unique_ptr<CLI::App> make_parser(Options& options) {
    auto app = std::make_unique<CLI::App>(
        "Shows what rootless-supervisor does, why it waits, and steers it. Without a verb: status.",
        "supervisorctl");
    app->set_version_flag("--version", RS_VERSION);
    app->footer("See supervisorctl(1).");
    app->require_subcommand(0, 1);
    app->fallthrough();
    app->add_option("-H,--host", options.hosts, "Ask these hosts, separated by commas, over ssh")
        ->type_name("[USER@]HOST")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Validator{check_host, ""});
    // Of status, which needs no verb; and before any verb, as systemctl(1) takes its options.
    add_watch(*app, options);
    add_json(*app, options);
    for (const Described& verb : kVerbs) {
        auto* command = app->add_subcommand(verb.name, verb.text);
        command->usage(std::format("Usage: supervisorctl {} [OPTIONS] {}", verb.name, names_of(verb)));
        add_arguments(*command, options, verb);
        command->callback([&options, &verb] { options.verb = verb.verb; });
    }
    return app;
}

Message mistake(std::string_view text) {
    return {std::format("supervisorctl: {}; see supervisorctl --help\n", harmless(text, true)), kUsage};
}

std::string unknown_verb(std::string_view word) {
    std::array<std::string_view, kVerbs.size()> verbs{};
    std::ranges::transform(kVerbs, verbs.begin(), &Described::name);
    const auto meant = nearest(word, verbs);
    return std::format("unknown verb '{}'{}", word, meant ? std::format("; did you mean '{}'?", *meant) : "");
}

std::string what_does_not_go_together(const Options& options, bool separated) {
    const bool runs_there = options.verb == Verb::logs || options.verb == Verb::explain;
    const char* verb = std::ranges::find(kVerbs, options.verb, &Described::verb)->name;
    if (separated && options.verb != Verb::logs) return "only logs takes more options after '--'";
    if (runs_there && options.hosts.size() > 1) return "logs and explain take one host at a time";
    if (options.json != JsonFormat::off && !prints_json(options.verb))
        return std::format("{} takes no --json", verb);
    if (options.watch && options.verb != Verb::status) return std::format("{} takes no --watch", verb);
    if (options.watch && options.json != JsonFormat::off)
        return "--watch is for people; monitor --json is for programs";
    return "";
}

// CLI11 reports through exceptions; they stop here.
std::expected<void, Message> parse_with(CLI::App& app, std::vector<std::string> words) {
    try {
        std::ranges::reverse(words);  // as CLI11 wants a vector
        app.parse(words);
        return {};
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(Message{app.help(), kOk});
    } catch (const CLI::CallForAllHelp&) {
        return std::unexpected(Message{app.help("", CLI::AppFormatMode::All), kOk});
    } catch (const CLI::CallForVersion&) {
        return std::unexpected(Message{std::format("supervisorctl {}\n", RS_VERSION), kOk});
    } catch (const CLI::ExtrasError& error) {
        const auto extras = app.remaining(true);
        const std::string first = extras.empty() ? "" : extras.front();
        if (first.starts_with('-'))
            return std::unexpected(mistake(std::format("unknown option '{}'", first)));
        if (app.get_subcommands().empty()) return std::unexpected(mistake(unknown_verb(first)));
        return std::unexpected(mistake(error.what()));
    } catch (const CLI::ParseError& error) {
        return std::unexpected(mistake(error.what()));
    }
}

}  // namespace

std::expected<Options, Message> parse(int argc, char** argv) {
    std::vector<std::string> words{argv + 1, argv + argc};
    // What follows `--` is journalctl's, never ours to interpret.
    const auto separator = std::ranges::find(words, "--");
    Options options;
    const bool separated = separator != words.end();
    if (separated) options.extra.assign(separator + 1, words.end());
    words.erase(separator, words.end());

    const auto app = make_parser(options);
    if (auto parsed = parse_with(*app, std::move(words)); !parsed) return std::unexpected(parsed.error());

    if (const auto wrong = what_does_not_go_together(options, separated); !wrong.empty())
        return std::unexpected(mistake(wrong));
    return options;
}

std::vector<std::string> documented_words() {
    Options options;
    const auto app = make_parser(options);
    std::vector<std::string> words;
    const auto take = [&words](const CLI::App& from) {
        for (const CLI::Option* option : from.get_options()) {
            for (const std::string& name : option->get_lnames())
                words.push_back("--" + name);
            for (const std::string& name : option->get_snames())
                words.push_back("-" + name);
        }
    };
    take(*app);
    for (const CLI::App* command : app->get_subcommands([](CLI::App*) { return true; })) {
        words.push_back(command->get_name());
        take(*command);
    }
    std::ranges::sort(words);
    words.erase(std::ranges::unique(words).begin(), words.end());
    return words;
}

}  // namespace rs::ctl
