// The verbs that ask once and print.
#include <cstdio>
#include <format>

#include "supervisor/ctl/ask.hpp"
#include "supervisor/ctl/command.hpp"
#include "supervisor/ctl/decode.hpp"
#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/output.hpp"
#include "supervisor/ctl/terminal.hpp"
#include "supervisor/ctl/verbs.hpp"

namespace rs::ctl {
namespace {

constexpr std::chrono::seconds kTimeout{45};

int show_json(std::vector<Answer>& answers, const Options& options) {
    const bool one = answers.size() == 1 && options.names.size() == 1;
    Json list;
    sd_json_variant* made = nullptr;
    if (sd_json_variant_new_array(&made, nullptr, 0) >= 0) list.reset(made);
    int worst = kOk;
    for (Answer& answer : answers) {
        worst = worse(worst, answer.exit_status);
        const Json object = labelled(answer);
        if (one) {
            print_json(object.get(), options.json);
        } else {
            sd_json_variant* grown = list.release();
            sd_json_variant_append_array(&grown, object.get());
            list.reset(grown);
        }
    }
    if (!one) print_json(list.get(), options.json);
    return worst;
}

int show_one(const Answer& answer, const Style& style) {
    if (answer.asked.status) {
        const std::string on = answer.asked.host.empty() ? "" : std::format("-H {}", answer.asked.host);
        print(render(screen(*answer.asked.status, now(), style, on), style));
    } else if (answer.exit_status == kNotReady) {
        print(render(Line{{line_for(answer.asked)}}, style));
    } else {
        complain(line_for(answer.asked));
    }
    return answer.exit_status;
}

// The answer of one service; without one the complaint has been made.
std::expected<std::pair<Target, Json>, int> ask_one(const Options& options) {
    const Found found = find(options);
    for (const Answer& other : found.others)
        complain(line_for(other.asked));
    if (found.targets.size() + found.others.size() > 1) {
        complain(std::format("{} takes one host at a time", word_for(options.verb)));
        return std::unexpected(kUsage);
    }
    if (found.targets.empty()) return std::unexpected(kUnreachable);
    const Target& target = found.targets.front();
    auto link = Link::connect(target);
    auto answer = link ? link->call(method_for(options.verb), kTimeout)
                       : std::expected<Json, Failure>{std::unexpected(link.error())};
    if (answer) return std::pair{target, *std::move(answer)};
    const Told failed = told(answer.error(), target, options.verb);
    complain(failed.line);
    return std::unexpected(failed.exit_status);
}

int not_understood(const Error& error) {
    complain(error.message);
    return kUnreachable;
}

}  // namespace

int show_status(const Options& options) {
    std::vector<Answer> answers = ask_status(options);
    if (options.json != JsonFormat::off) return show_json(answers, options);
    const Style style = style_of_output();
    if (answers.size() == 1 && (options.names.size() == 1 || !answers.front().asked.status))
        return show_one(answers.front(), style);
    if (answers.empty()) {
        complain(std::format("no service is running here, and none is configured in {}", kConfigDirectory));
        return kUnreachable;
    }
    std::vector<Asked> rows;
    int worst = kOk;
    for (Answer& answer : answers) {
        worst = worse(worst, answer.exit_status);
        rows.push_back(std::move(answer.asked));
    }
    print(render(overview(rows, now(), style), style));
    return worst;
}

int show_config(const Options& options) {
    const auto answer = ask_one(options);
    if (!answer) return answer.error();
    if (options.json != JsonFormat::off) {
        print_json(labelled(answer->first, answer->second.get()).get(), options.json);
        return kOk;
    }
    const auto config = decode_config(answer->second.get());
    if (!config) return not_understood(config.error());
    print_text(config->config);
    if (config->changed) {
        complain(std::format("{}: {} is another one since; to take it: supervisorctl reload {}",
                             answer->first.shown(), config->file, answer->first.name));
    }
    return kOk;
}

int show_metrics(const Options& options) {
    const auto answer = ask_one(options);
    if (!answer) return answer.error();
    if (options.json != JsonFormat::off) {
        print_json(labelled(answer->first, answer->second.get()).get(), options.json);
        return kOk;
    }
    const auto metrics = decode_metrics(answer->second.get());
    if (!metrics) return not_understood(metrics.error());
    print_text(*metrics);
    return kOk;
}

int show_logs(const Options& options) {
    std::vector<std::string> command;
    if (!options.hosts.empty()) command = {ssh_program(), "-T", "--", options.hosts.front()};
    command.insert(command.end(), {"journalctl", "--no-hostname", std::format("--lines={}", options.lines)});
    for (const std::string& name : options.names)
        command.push_back(std::format("--unit={}.service", name));
    if (options.follow) command.emplace_back("--follow");
    const bool remote = !options.hosts.empty();
    for (const std::string& word : options.extra)
        command.push_back(remote ? shell_quoted(word) : word);
    complain(become(command).message);
    return kFailed;
}

}  // namespace rs::ctl
