#include "supervisor/ctl/instances.hpp"

#include <glob.h>

#include <filesystem>
#include <format>
#include <map>
#include <ranges>

#include "supervisor/ctl/command.hpp"
#include "supervisor/ctl/link.hpp"

namespace rs::ctl {
namespace {

std::string matches(const std::string& pattern) {
    glob_t found{};
    std::string paths;
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
        for (std::size_t i = 0; i < found.gl_pathc; ++i)
            paths += std::string{found.gl_pathv[i]} + "\n";
    }
    ::globfree(&found);
    return paths;
}

std::string sockets() {
    return std::format("{}/*/control", kRuntimeDirectory);
}

std::string configurations() {
    return std::format("{}/*.toml", kConfigDirectory);
}

std::string last_line(std::string_view text) {
    std::string last;
    for (const auto& line : std::views::split(text, '\n')) {
        std::string each{line.begin(), line.end()};
        if (!each.empty() && each.back() == '\r') each.pop_back();
        if (!each.empty()) last = std::move(each);
    }
    return last;
}

}  // namespace

std::vector<Instance> instances_in(std::string_view paths) {
    std::map<std::string, Instance> found;
    for (const auto& line : std::views::split(paths, '\n')) {
        const std::filesystem::path path{line.begin(), line.end()};
        if (path.filename() == "control") {
            found[path.parent_path().filename()].running = true;
        } else if (path.extension() == ".toml") {
            found[path.stem()].configured = true;
        }
    }
    std::vector<Instance> instances;
    for (auto& [name, instance] : found) {
        instance.name = name;
        if (!name.empty()) instances.push_back(std::move(instance));
    }
    return instances;
}

Result<std::vector<Instance>> instances_on(const std::string& host) {
    if (host.empty()) return instances_in(matches(sockets()) + matches(configurations()));
    // By sh: the user's own shell there may have other rules for patterns.
    const std::string list =
        std::format("sh -c 'ls -1d {} {} 2>/dev/null; exit 0'", sockets(), configurations());
    const auto listed = run({ssh_program(), "-T", "--", host, list});
    if (!listed) return std::unexpected(listed.error());
    if (listed->status != 0) {
        const std::string said = last_line(listed->err);
        return fail(said.empty() ? std::format("ssh ended with status {}", listed->status) : said);
    }
    return instances_in(listed->out);
}

}  // namespace rs::ctl
