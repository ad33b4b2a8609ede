#include <algorithm>
#include <array>
#include <format>
#include <set>

#include "supervisor/audit/compare.hpp"

namespace rs::audit {
namespace {

bool is_passed(const Descriptor& descriptor, const Promise& promise) {
    return std::ranges::any_of(promise.told.sockets, [&](const PassedSocket& passed) {
        return passed.number == descriptor.number && descriptor.listener &&
               passed.address == descriptor.listener->address;
    });
}

std::string shown(const Descriptor& descriptor) {
    const auto& listener = *descriptor.listener;
    return listener.protocol == "stream" ? listener.address
                                         : std::format("{} ({})", listener.address, listener.protocol);
}

// By a port that [policy] does not list, though it lists some. Inherited sockets need no right of Landlock's.
bool is_beyond(const Listener& listener, const Promise& promise) {
    const auto& ports = promise.access.tcp_bind;
    return promise.landlock && ports && listener.tcp_port &&
           std::ranges::find(*ports, *listener.tcp_port) == ports->end();
}

std::vector<Finding> sockets_of(const Facts& facts, const Promise& promise) {
    std::vector<std::string> passed;
    std::vector<std::string> own;
    std::vector<std::string> beyond;
    std::set<std::string> seen;  // several descriptors of one socket
    for (const auto& descriptor : facts.descriptors) {
        if (!descriptor.listener || !seen.insert(descriptor.leads_to).second) continue;
        if (is_passed(descriptor, promise)) {
            passed.push_back(shown(descriptor));
        } else if (is_beyond(*descriptor.listener, promise)) {
            beyond.push_back(shown(descriptor));
        } else {
            own.push_back(shown(descriptor));
        }
    }
    std::vector<Finding> all;
    all.push_back({"listens",
                   passed.empty() ? "nothing of systemd's" : listed(passed, 8) + ", from systemd",
                   {},
                   passed.empty() && !promise.told.sockets.empty() ? Verdict::untold : Verdict::as_promised});
    if (!own.empty()) {
        all.push_back({"listens as well",
                       listed(own, 8) + ", by itself",
                       {},
                       promise.access.tcp_bind && promise.landlock ? Verdict::as_promised : Verdict::untold});
    }
    if (!beyond.empty()) {
        all.push_back({"listens beyond", listed(beyond, 8) + ", by itself",
                       "only the ports in tcp_bind of [policy]", Verdict::differs});
    }
    return all;
}

// With one of these in hand a process is not held by what its sandbox refuses.
bool is_dangerous(const std::string& link) {
    constexpr std::array kLinks{"anon_inode:bpf",          "anon_inode:[io_uring]",
                                "anon_inode:[perf_event]", "anon_inode:seccomp notify",
                                "anon_inode:[fscontext]",  "anon_inode:[userfaultfd]"};
    constexpr std::array kNamespaces{"user:[", "net:[", "mnt:[",    "pid:[",
                                     "ipc:[",  "uts:[", "cgroup:[", "time:["};
    const auto begins = [&](std::string_view with) { return link.starts_with(with); };
    return std::ranges::any_of(kLinks, begins) || std::ranges::any_of(kNamespaces, begins);
}

// A file or directory of a mount that the process does not have leads around its mounts.
bool leads_out(const Descriptor& descriptor, const Facts& facts) {
    if (!descriptor.leads_to.starts_with('/') || descriptor.device || descriptor.mount < 0) return false;
    if (descriptor.leads_to.starts_with("/memfd:")) return false;
    return std::ranges::find(facts.mounts, descriptor.mount, &Mount::id) == facts.mounts.end();
}

}  // namespace

std::vector<Finding> compare_descriptors(const Facts& facts, const Promise& promise) {
    if (facts.descriptors.empty()) return {};
    std::vector<Finding> all = sockets_of(facts, promise);
    std::vector<std::string> out;
    std::vector<std::string> dangerous;
    for (const auto& descriptor : facts.descriptors) {
        const auto text = std::format("{} ({})", descriptor.number, descriptor.leads_to);
        if (!facts.mounts.empty() && leads_out(descriptor, facts)) out.push_back(text);
        if (is_dangerous(descriptor.leads_to)) dangerous.push_back(text);
    }
    const std::size_t bad = out.size() + dangerous.size();
    const std::string count = std::format("{} open", facts.descriptors.size());
    if (bad == 0) {
        all.push_back({"descriptors", count + ", none leads out of the sandbox", {}, Verdict::as_promised});
        return all;
    }
    if (!out.empty()) {
        all.push_back({"descriptors", std::format("{}; out of its mounts leads {}", count, listed(out, 4)),
                       "none of files outside of the unit's mounts", Verdict::differs});
    }
    if (!dangerous.empty()) {
        all.push_back({"descriptors", std::format("{}; of the kernel's: {}", count, listed(dangerous, 4)),
                       "none of namespaces, bpf, io_uring and the like", Verdict::differs});
    }
    return all;
}

}  // namespace rs::audit
