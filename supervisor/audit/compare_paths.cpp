#include <algorithm>
#include <array>
#include <format>
#include <iterator>

#include "policy/landlock.hpp"
#include "supervisor/audit/compare.hpp"

namespace rs::audit {
namespace {

// Below `directory`, or the same.
bool lies_in(const std::string& path, const std::string& directory) {
    if (directory == "/" || path == directory) return true;
    return path.starts_with(directory) && path.size() > directory.size() && path[directory.size()] == '/';
}

// File systems and directories that every process has and that keep nothing: what they hold belongs to the
// kernel or ends with the service's mount namespace.
bool is_of_the_kernel(const Mount& mount) {
    constexpr std::array kTypes{"proc", "devpts", "mqueue", "hugetlbfs"};
    // Of systemd's, for a service to be told when memory becomes scarce (systemd.resource-control(5),
    // MemoryPressureWatch=).
    if (mount.type == "cgroup2" && mount.point.ends_with("/memory.pressure")) return true;
    return std::ranges::find(kTypes, mount.type) != kTypes.end() || mount.point == "/dev" ||
           mount.point == "/dev/shm";
}

bool is_mounted_on(const std::vector<Mount>& mounts, const Mount& upper, int lower) {
    const Mount* at = &upper;
    for (std::size_t steps = 0; steps < mounts.size(); ++steps) {
        if (at->parent == lower) return true;
        const auto parent = std::ranges::find(mounts, at->parent, &Mount::id);
        if (parent == mounts.end()) return false;
        at = &*parent;
    }
    return false;
}

// Another mount lies over it, or over a directory above it.
bool is_hidden(const std::vector<Mount>& mounts, const Mount& mount) {
    return std::ranges::any_of(mounts, [&](const Mount& other) {
        if (other.id == mount.id || !lies_in(mount.point, other.point)) return false;
        if (other.point == mount.point) return is_mounted_on(mounts, other, mount.id);
        return !is_mounted_on(mounts, mount, other.id);
    });
}

std::vector<Mount> visible(const std::vector<Mount>& mounts) {
    std::vector<Mount> all;
    std::ranges::copy_if(mounts, std::back_inserter(all),
                         [&](const Mount& mount) { return !is_hidden(mounts, mount); });
    return all;
}

const Mount* mount_of(const std::vector<Mount>& mounts, const std::string& path) {
    const Mount* nearest = nullptr;
    for (const auto& mount : mounts) {
        if (lies_in(path, mount.point) && (nearest == nullptr || mount.point.size() > nearest->point.size()))
            nearest = &mount;
    }
    return nearest;
}

std::vector<std::string> points(const std::vector<Mount>& mounts) {
    std::vector<std::string> all;
    for (const auto& mount : mounts)
        all.push_back(mount.point);
    return all;
}

// What the list names, with variables filled in; those of variables that are not set are left out, as the
// launcher does.
std::vector<std::string> filled_in(const std::vector<policy::Path>& paths,
                                   const std::map<std::string, std::string>& environment) {
    std::vector<std::string> all;
    for (const auto& path : paths) {
        const auto text = policy::expanded(path.text, [&](const char* name) -> const char* {
            const auto found = environment.find(name);
            return found == environment.end() ? nullptr : found->second.c_str();
        });
        if (!text) continue;
        std::string plain = *text;
        while (plain.size() > 1 && plain.ends_with('/'))
            plain.pop_back();
        all.push_back(std::move(plain));
    }
    return all;
}

// Both stand in the way: the mounts, and Landlock's list. What passes both can be written.
std::vector<std::string> writable_through_both(const std::vector<Mount>& mounts,
                                               const std::vector<std::string>& promised) {
    std::vector<std::string> all;
    for (const auto& path : promised) {
        const Mount* mount = mount_of(mounts, path);
        // A path that a profile names for other hosts is below "/", which is read-only here.
        if (mount != nullptr && mount->writable) all.push_back(path);
        for (const auto& below : mounts) {
            if (below.writable && below.point != path && lies_in(below.point, path))
                all.push_back(below.point);
        }
    }
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return all;
}

bool is_within_reach_of(const Mount& mount, const std::vector<std::string>& promised) {
    return std::ranges::any_of(promised, [&](const std::string& path) { return lies_in(mount.point, path); });
}

// Where its control socket is. It must be able to write there, in the proxy's mount namespace.
std::string supervisors_own(const Promise& promise) {
    const auto given = promise.environment->find("RUNTIME_DIRECTORY");
    return given == promise.environment->end() ? "" : given->second.substr(0, given->second.find(':'));
}

}  // namespace

std::vector<Finding> compare_paths(const Facts& facts, const Promise& promise) {
    std::vector<Mount> mounts = visible(facts.mounts);
    if (mounts.empty()) return {};
    std::vector<Mount> writable;
    std::ranges::copy_if(mounts, std::back_inserter(writable),
                         [](const Mount& mount) { return mount.writable && !is_of_the_kernel(mount); });
    const std::string mounted = writable.empty() ? "nothing" : listed(points(writable), 12);
    if (!promise.access.write || !promise.landlock) {
        return {
            {"writable",
             std::format("{}; [policy] has no list for this profile, so the unit and modes decide", mounted),
             {},
             Verdict::untold}};
    }
    if (!promise.environment) {
        return {{"writable",
                 std::format("mounted so: {}; the variables in [policy]'s paths are not known", mounted),
                 {},
                 Verdict::untold}};
    }

    const auto promised = filled_in(*promise.access.write, *promise.environment);
    const std::string own = supervisors_own(promise);
    bool has_own = false;
    std::vector<std::string> beyond;
    for (const auto& mount : writable) {
        if (is_within_reach_of(mount, promised)) continue;
        if (mount.point == own) {
            has_own = true;
        } else {
            beyond.push_back(mount.point);
        }
    }
    std::vector<Finding> all;
    const auto both = writable_through_both(mounts, promised);
    all.push_back({"writable", both.empty() ? "nothing" : listed(both, 12), {}, Verdict::as_promised});
    if (!beyond.empty()) {
        all.push_back(
            {"writable too",
             std::format("{}: the unit mounts it so, only Landlock stands before it", listed(beyond, 12)),
             "read-only (ReadOnlyPaths= of the unit), or named in write of [policy]", Verdict::differs});
    }
    if (has_own) {
        all.push_back({"not writable",
                       std::format("{}, the supervisor's own; by Landlock alone", own),
                       {},
                       Verdict::untold});
    }
    all.push_back(
        {"landlock", "configured; the kernel does not tell whether a process has it", {}, Verdict::untold});
    return all;
}

}  // namespace rs::audit
