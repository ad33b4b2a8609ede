#include "supervisor/audit/look.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <format>
#include <memory>
#include <ranges>

#include "supervisor/audit/parse.hpp"
#include "supervisor/base/file.hpp"
#include "supervisor/base/text.hpp"

namespace rs::audit {
namespace {

// time and pid have a second link for children, which is not what the process is in.
constexpr std::array kNamespaces{"user", "net", "mnt", "pid", "ipc", "uts", "cgroup", "time"};

std::vector<pid_t> numbers_in(const std::string& directory) {
    std::vector<pid_t> all;
    const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> open{
        ::opendir(directory.c_str())};
    if (!open) return all;
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string_view name{entry->d_name};
        pid_t number = 0;
        const auto end = std::from_chars(name.data(), name.data() + name.size(), number);
        if (end.ec == std::errc{} && end.ptr == name.data() + name.size()) all.push_back(number);
    }
    std::ranges::sort(all);
    return all;
}

// proc_pid_task(5), children: whole only for processes that stand still, which those that matter here do.
std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> all;
    for (const pid_t thread : numbers_in(std::format("/proc/{}/task", pid))) {
        const auto list = read_small_file(std::format("/proc/{}/task/{}/children", pid, thread));
        if (!list) continue;
        for (const auto part : std::views::split(*list, ' ')) {
            pid_t child = 0;
            if (std::from_chars(part.data(), part.data() + part.size(), child).ec == std::errc{})
                all.push_back(child);
        }
    }
    return all;
}

std::string text_of(const std::string& path) {
    auto text = read_small_file(path).value_or("");
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0'))
        text.pop_back();
    return one_line(text, 200);
}

bool is_confined_alike(const Confinement& one, const Confinement& other) {
    return one.capabilities == other.capabilities && one.no_new_privileges == other.no_new_privileges &&
           one.filters == other.filters && one.uids == other.uids && one.gids == other.gids;
}

// A thread that ends meanwhile is none to worry about.
void compare_threads(Facts& facts, pid_t pid) {
    for (const pid_t thread : numbers_in(std::format("/proc/{}/task", pid))) {
        const auto text = read_small_file(std::format("/proc/{}/task/{}/status", pid, thread));
        if (!text) continue;
        const auto seen = parse_status(*text);
        ++facts.threads;
        if (seen && is_confined_alike(*seen, facts.main)) continue;
        facts.strays.push_back(
            std::format("{} ({})", thread, text_of(std::format("/proc/{}/task/{}/comm", pid, thread))));
    }
}

void compare_all(Facts& facts) {
    std::vector<pid_t> todo{facts.pid};
    while (!todo.empty()) {
        const pid_t pid = todo.back();
        todo.pop_back();
        ++facts.processes;
        compare_threads(facts, pid);
        const auto children = children_of(pid);
        todo.insert(todo.end(), children.begin(), children.end());
    }
}

// proc_pid(5): who is not dumpable has files in /proc that belong to root. Nothing: it is root's anyway.
std::optional<bool> is_dumpable(const Facts& facts) {
    struct stat status{};
    if (facts.main.uids[1] == 0 || ::stat(std::format("/proc/{}", facts.pid).c_str(), &status) < 0)
        return std::nullopt;
    return status.st_uid == facts.main.uids[1];
}

void read_namespaces(Facts& facts) {
    for (const auto* kind : kNamespaces) {
        const std::string found = namespace_of(facts.pid, kind);
        if (!found.empty()) facts.namespaces[kind] = found;
    }
    if (facts.namespaces.empty()) facts.unread.emplace_back("its namespaces");
}

void read_mounts(Facts& facts) {
    const auto mounts = read_small_file(std::format("/proc/{}/mountinfo", facts.pid));
    if (mounts) facts.mounts = parse_mountinfo(*mounts);
    if (facts.mounts.empty()) facts.unread.emplace_back("its mounts");
}

}  // namespace

std::string namespace_of(pid_t pid, const std::string& kind) {
    std::array<char, 64> target{};
    const auto path = std::format("/proc/{}/ns/{}", pid, kind);
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length)) : std::string{};
}

Result<std::map<std::string, std::string>> read_environment(pid_t pid) {
    const auto text = read_small_file(std::format("/proc/{}/environ", pid));
    if (!text) return std::unexpected(text.error());
    std::map<std::string, std::string> variables;
    for (const auto part : std::views::split(*text, '\0')) {
        const std::string_view entry{part.begin(), part.end()};
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos)
            variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return variables;
}

Result<Facts> look(const Process& process) {
    const pid_t pid = process.pid();
    Facts facts;
    facts.pid = pid;
    facts.program = text_of(std::format("/proc/{}/comm", pid));
    const auto status = read_small_file(std::format("/proc/{}/status", pid));
    if (!status)
        return fail_errno(std::format("cannot read the status of process {}", pid), status.error().code);
    auto main = parse_status(*status);
    if (!main) return std::unexpected(main.error());
    facts.main = *std::move(main);
    compare_all(facts);
    read_namespaces(facts);
    facts.uid_map = parse_id_map(read_small_file(std::format("/proc/{}/uid_map", pid)).value_or(""));
    facts.gid_map = parse_id_map(read_small_file(std::format("/proc/{}/gid_map", pid)).value_or(""));
    facts.label = text_of(std::format("/proc/{}/attr/current", pid));
    facts.dumpable = is_dumpable(facts);
    read_mounts(facts);
    facts.descriptors = read_descriptors(process, facts.unread);
    // Only now is it known that all of this was its own: the number could have gone to another.
    if (!process.alive()) return fail(std::format("process {} ended while it was looked at", pid), ESRCH);
    return facts;
}

}  // namespace rs::audit
