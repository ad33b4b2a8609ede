#include <algorithm>
#include <format>
#include <span>

#include "policy/bpf_answers.hpp"
#include "policy/names.hpp"
#include "supervisor/audit/compare.hpp"

namespace rs::audit {
namespace {

using policy::Reach;
using Program = std::span<const sock_filter>;

// Above every architecture's own numbers (asm-generic/unistd.h) and below those of x32.
constexpr int kNumbers = 1024;

struct Danger {
    std::string_view what;
    std::vector<std::string_view> calls;
};
// What no shipped profile lets happen; named one by one because a person looks for them.
const std::vector<Danger>& dangers() {
    static const std::vector<Danger> all{
        {"mounts", {"mount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsmount"}},
        {"namespaces", {"unshare", "setns"}},
        {"other processes' memory", {"ptrace", "process_vm_readv", "process_vm_writev"}},
        {"bpf", {"bpf"}},
        {"modules", {"init_module", "finit_module", "delete_module"}},
        {"keys", {"keyctl", "add_key", "request_key"}},
        {"io_uring", {"io_uring_setup", "io_uring_enter", "io_uring_register"}},
        {"perf", {"perf_event_open"}},
        {"kexec", {"kexec_load", "kexec_file_load"}},
    };
    return all;
}

bool is_same(const sock_filter& one, const sock_filter& other) {
    return one.code == other.code && one.jt == other.jt && one.jf == other.jf && one.k == other.k;
}

bool is_asking(const std::vector<sock_filter>& program, const Promise& promise) {
    return !promise.asking.empty() && std::ranges::equal(program, promise.asking, is_same);
}

bool is_ours(const std::vector<sock_filter>& program, const Promise& promise) {
    return std::ranges::equal(program, promise.filter, is_same) || is_asking(program, promise);
}

std::size_t ours_in(const Promise& promise, const Filters& filters) {
    std::size_t at = 0;
    while (at < filters.programs.size() && !is_ours(filters.programs[at], promise))
        ++at;
    return at;
}

Finding dangers_found(const Calls& calls) {
    std::vector<std::string> never;
    std::vector<std::string> reachable;
    for (const auto& danger : dangers()) {
        const bool here = std::ranges::any_of(danger.calls, [&](std::string_view call) {
            return std::ranges::find(calls.always, call) != calls.always.end() ||
                   std::ranges::find(calls.some, call) != calls.some.end();
        });
        (here ? reachable : never).emplace_back(danger.what);
    }
    const std::string text = std::format("{}{}", never.empty() ? "none" : listed(never, 16),
                                         reachable.empty() ? "" : "; within reach: " + listed(reachable, 16));
    const bool clean = reachable.empty() && calls.from_kernel;
    return {"never reachable", text, {}, clean ? Verdict::as_promised : Verdict::untold};
}

struct Programs {
    std::vector<Program> promised;
    std::vector<Program> live;
    std::vector<Program> units;
};

Programs programs_of(const Promise& promise, const std::optional<Filters>& filters) {
    Programs all{.promised = {promise.filter}, .live = {promise.filter}, .units = {}};
    if (!filters) return all;
    all.live.clear();
    for (const auto& program : filters->programs) {
        // What ours asks about, the supervisor refuses, and nobody else holds its listener.
        all.live.emplace_back(is_asking(program, promise) ? promise.filter : program);
        if (!is_ours(program, promise)) all.units.emplace_back(program);
    }
    // Without ours among them it cannot be told which are the unit's.
    if (all.units.size() == all.live.size()) all.units.clear();
    return all;
}

Result<> sort_call(Calls& calls, const Programs& programs, int number, const std::string& name) {
    const std::uint32_t arch = policy::native_arch();
    const auto promised = policy::reach(programs.promised, number, arch);
    if (!promised) return std::unexpected(promised.error());
    const auto live = policy::reach(programs.live, number, arch);
    if (!live) return std::unexpected(live.error());
    const auto units = policy::reach(programs.units, number, arch);
    if (!units) return std::unexpected(units.error());
    ++calls.known;
    if (*live == Reach::always) calls.always.push_back(name);
    if (*live == Reach::some) calls.some.push_back(name);
    if (*live > *promised) calls.beyond.push_back(name);
    if (*promised != Reach::never && *units == Reach::never) calls.unit_keeps.push_back(name);
    return {};
}

}  // namespace

std::vector<Finding> compare_filters(const Facts& facts, const Promise& promise,
                                     const std::optional<Filters>& filters) {
    const int of_unit = promise.supervisor.filters;
    const int found = filters ? static_cast<int>(filters->programs.size()) : facts.main.filters;
    if (found < 0 || of_unit < 0)
        return {{"filters", "this kernel does not tell how many there are", {}, Verdict::untold}};
    const std::string promised = std::format("{}: the unit's {} and ours", of_unit + 1, of_unit);
    if (!filters) {
        const bool right = found == of_unit + 1;
        return {{"filters", right ? promised : std::to_string(found), right ? "" : promised,
                 right ? Verdict::as_promised : Verdict::differs}};
    }
    const std::size_t ours = ours_in(promise, *filters);
    if (ours == filters->programs.size()) {
        return {{"filters", std::format("{}, of which none is the one that the configuration makes", found),
                 promised, Verdict::differs}};
    }
    const bool right = found == of_unit + 1;
    const bool asks = is_asking(filters->programs[ours], promise);
    return {{"filters",
             std::format("{} (number {}, instruction for instruction{})",
                         right ? promised : std::to_string(found), ours + 1,
                         asks ? "; the supervisor hears of refusals" : ""),
             right ? "" : promised, right ? Verdict::as_promised : Verdict::differs}};
}

Calls compare_calls(const Promise& promise, const std::optional<Filters>& filters,
                    const std::string& why_no_filters, std::vector<Finding>& findings) {
    Calls calls;
    calls.from_kernel = filters.has_value();
    const Programs programs = programs_of(promise, filters);
    for (int number = 0; number < kNumbers; ++number) {
        const std::string name = policy::call_name(number);
        if (name.empty()) continue;
        if (auto sorted = sort_call(calls, programs, number, name); !sorted) {
            // As good as a difference: nobody knows what is reachable.
            findings.push_back({"system calls",
                                std::format("cannot be told: a filter of the process is not understood: {}",
                                            sorted.error().message),
                                "filters that can be read", Verdict::differs});
            return {};
        }
    }
    for (auto* list : {&calls.always, &calls.some, &calls.beyond, &calls.unit_keeps})
        std::ranges::sort(*list);
    // First what is reachable outright: the rest may only be asked about, by a filter of another
    // configuration.
    std::ranges::stable_partition(calls.beyond, [&](const std::string& name) {
        return std::ranges::binary_search(calls.always, name);
    });
    const std::string count = std::format("{} of {} reachable, {} more with some arguments",
                                          calls.always.size(), calls.known, calls.some.size());
    if (!calls.from_kernel) {
        findings.push_back({"system calls",
                            std::format("{}, as the configuration promises; {}", count, why_no_filters),
                            {},
                            Verdict::untold});
    } else if (calls.beyond.empty()) {
        findings.push_back({"system calls", count, {}, Verdict::as_promised});
    } else {
        findings.push_back({"system calls",
                            std::format("{}; beyond the promise: {}", count, listed(calls.beyond, 12)),
                            "these not, or not with all arguments", Verdict::differs});
    }
    findings.push_back(dangers_found(calls));
    if (!calls.unit_keeps.empty()) {
        findings.push_back(
            {"kept by the unit",
             std::format("allowed by the profile, refused by the unit: {}", listed(calls.unit_keeps, 8)),
             {},
             Verdict::untold});
    }
    return calls;
}

}  // namespace rs::audit
