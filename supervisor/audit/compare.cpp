#include "supervisor/audit/compare.hpp"

#include <algorithm>
#include <format>
#include <iterator>

#include "policy/names.hpp"

namespace rs::audit {
namespace {

Finding judged(std::string topic, bool right, std::string found, std::string promised) {
    if (right) promised.clear();
    return {std::move(topic), std::move(found), std::move(promised),
            right ? Verdict::as_promised : Verdict::differs};
}

std::string names_of(std::uint64_t set) {
    std::vector<std::string> names;
    std::uint64_t nameless = set;
    for (const auto name : policy::capability_names(set)) {
        names.emplace_back(name);
        if (const auto one = policy::capability_of(name)) nameless &= ~*one;
    }
    if (nameless != 0) names.push_back(std::format("{:#x}", nameless));
    return names.empty() ? "none" : listed(names, 4);
}

// With NOROOT, or from a bounding set, execve(2) leaves no others (launch/child.cpp).
CapabilitySets promised_sets(std::uint64_t kept) {
    return {.inheritable = 0, .permitted = kept, .effective = kept, .bounding = kept, .ambient = 0};
}

std::string shown(const CapabilitySets& sets) {
    if (sets == CapabilitySets{}) return "none in any of the five sets";
    return std::format("effective {}; permitted {}; bounding {}; inheritable {}; ambient {}",
                       names_of(sets.effective), names_of(sets.permitted), names_of(sets.bounding),
                       names_of(sets.inheritable), names_of(sets.ambient));
}

std::string shown(const std::array<unsigned, 4>& ids) {
    const bool same = std::ranges::all_of(ids, [&](unsigned id) { return id == ids[0]; });
    return same ? std::to_string(ids[0]) : std::format("{}/{}/{}/{}", ids[0], ids[1], ids[2], ids[3]);
}

void add(std::vector<Finding>& all, std::vector<Finding> more) {
    std::ranges::move(more, std::back_inserter(all));
}

}  // namespace

std::string listed(const std::vector<std::string>& names, std::size_t limit) {
    std::string text;
    const std::size_t shown = names.size() > limit + 1 ? limit : names.size();
    for (std::size_t i = 0; i < shown; ++i)
        text += (i > 0 ? ", " : "") + names[i];
    if (shown < names.size()) text += std::format(" and {} more", names.size() - shown);
    return text;
}

bool Report::as_promised() const {
    return std::ranges::none_of(findings,
                                [](const Finding& finding) { return finding.verdict == Verdict::differs; });
}

std::vector<Finding> compare_configuration(const Promise& promise) {
    const auto& told = promise.told;
    if (told.config_file != promise.config_file) {
        return {judged("configuration", false, std::format("the service runs with {}", told.config_file),
                       promise.config_file)};
    }
    return {judged("configuration", !told.config_changed,
                   told.config_changed ? std::format("{} has changed since it was loaded", told.config_file)
                                       : std::format("{}, profile {}", told.config_file, promise.profile),
                   "the file as it is now; reload the service")};
}

std::vector<Finding> compare_identity(const Facts& facts, const Promise& promise) {
    std::vector<Finding> all;
    const auto& main = facts.main;
    const auto sets = promised_sets(promise.capabilities);
    all.push_back(judged("capabilities", main.capabilities == sets, shown(main.capabilities), shown(sets)));
    all.push_back(
        judged("no_new_privs", main.no_new_privileges, main.no_new_privileges ? "set" : "not set", "set"));
    all.push_back({"securebits", "cannot be read from outside; locked by the launcher", {}, Verdict::untold});
    const auto user = [](const Confinement& who) {
        return std::format("user {}, group {}, further groups {}", shown(who.uids), shown(who.gids),
                           who.groups.empty() ? "none" : "");
    };
    const auto groups = [](const Confinement& who) {
        std::vector<std::string> names;
        for (const gid_t group : who.groups)
            names.push_back(std::to_string(group));
        return listed(names, 8);
    };
    const bool same = main.uids == promise.supervisor.uids && main.gids == promise.supervisor.gids &&
                      main.groups == promise.supervisor.groups;
    all.push_back(judged("user", same, user(main) + groups(main),
                         user(promise.supervisor) + groups(promise.supervisor)));
    const std::string count =
        std::format("{} in {} process{}", facts.threads, facts.processes, facts.processes == 1 ? "" : "es");
    all.push_back(judged("threads", facts.strays.empty(),
                         facts.strays.empty()
                             ? count + ", all confined alike"
                             : std::format("{}; otherwise confined: {}", count, listed(facts.strays, 4)),
                         "all confined as the first one is"));
    all.push_back(judged("security module", facts.label == promise.label,
                         facts.label.empty() ? "no label" : facts.label,
                         promise.label.empty() ? "no label" : promise.label));
    if (facts.dumpable)
        all.push_back({"dumpable", *facts.dumpable ? "yes, to its user alone" : "no", {}, Verdict::untold});
    return all;
}

std::vector<Finding> compare_namespaces(const Facts& facts, const Promise& promise) {
    std::vector<Finding> all;
    std::vector<std::string> units;
    for (const auto& each : facts.namespaces) {
        const auto& kind = each.first;
        const auto& found = each.second;
        const auto judge = [&](const std::string& wanted, const std::string& whose) {
            if (wanted.empty()) {
                all.push_back(
                    {kind + " namespace", found + ", nothing to compare it with", {}, Verdict::untold});
            } else if (found != wanted || kind == "user" || kind == "net") {
                all.push_back(judged(kind + " namespace", found == wanted,
                                     found == wanted ? std::format("{}, {}", found, whose) : found,
                                     std::format("{}, {}", wanted, whose)));
            } else {
                units.push_back(kind);
            }
        };
        const auto own = promise.namespaces.find(kind);
        const auto pause = promise.pause_namespaces.find(kind);
        if (kind == "user") {
            judge(promise.told.user_namespace, "Podman's");
        } else if (kind == "net") {
            judge(promise.told.network_namespace, "Podman's");
        } else if (kind == "mnt" && own != promise.namespaces.end() && own->second != found &&
                   (pause == promise.pause_namespaces.end() || pause->second != found)) {
            // Without the unit's bind mount of resolv.conf the launcher makes one of its own.
            all.push_back({"mnt namespace", found + ", one of its own", {}, Verdict::untold});
        } else {
            judge(own == promise.namespaces.end() ? "" : own->second, "the unit's");
        }
    }
    if (!units.empty())
        all.push_back(judged("other namespaces", true, std::format("the unit's: {}", listed(units, 8)), ""));
    if (!facts.uid_map.empty()) {
        all.push_back(
            {"uid map", std::format("inside outside count: {}", facts.uid_map), {}, Verdict::untold});
    }
    if (!facts.gid_map.empty()) {
        all.push_back(
            {"gid map", std::format("inside outside count: {}", facts.gid_map), {}, Verdict::untold});
    }
    return all;
}

Report compare(const std::string& name, const Facts& facts, const Promise& promise,
               const std::optional<Filters>& filters, const std::string& why_no_filters) {
    Report report;
    report.name = name;
    report.pid = facts.pid;
    report.program = facts.program;
    report.role = promise.told.role;
    report.threads = facts.threads;
    report.processes = facts.processes;
    auto& all = report.findings;
    add(all, compare_configuration(promise));
    add(all, compare_identity(facts, promise));
    add(all, compare_namespaces(facts, promise));
    add(all, compare_filters(facts, promise, filters));
    report.calls = compare_calls(promise, filters, why_no_filters, all);
    add(all, compare_paths(facts, promise));
    add(all, compare_descriptors(facts, promise));
    for (const auto& what : facts.unread)
        all.push_back({"not seen", what, {}, Verdict::untold});
    if (filters) report.stopped = filters->stopped;
    return report;
}

}  // namespace rs::audit
