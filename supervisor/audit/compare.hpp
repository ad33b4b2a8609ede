// The live process held against what its configuration promises. Pure: nothing is read here.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/access.hpp"
#include "supervisor/audit/ask.hpp"
#include "supervisor/audit/facts.hpp"

namespace rs::audit {

// Where a promise names no value of its own, it is the supervisor's: the proxy gets what the unit gives.
struct Promise {
    std::string config_file;  // what was read for this audit
    std::string profile;
    std::uint64_t capabilities = 0;
    policy::Access access{};
    bool landlock = true;             // false: off, its paths and ports are no promise
    std::vector<sock_filter> filter;  // as compiled from the configuration
    // The same, but it asks the supervisor where it would refuse (policy/asking.hpp), which refuses.
    std::vector<sock_filter> asking{};
    Told told;
    Confinement supervisor;
    std::map<std::string, std::string> namespaces;  // the supervisor's, those that could be read
    std::map<std::string, std::string> pause_namespaces;
    std::string label;
    std::optional<std::map<std::string, std::string>> environment;  // nothing: it cannot be read
};

enum class Verdict : unsigned char {
    as_promised,
    differs,
    untold,  // nothing is promised, or it could not be seen
};

struct Finding {
    std::string topic;     // "capabilities"
    std::string found;     // one line
    std::string promised;  // empty unless it differs
    Verdict verdict;
};

// System calls by name, sorted.
struct Calls {
    bool from_kernel = false;  // by the filters that the kernel has; else as the configuration promises
    std::size_t known = 0;     // so many calls does this machine's libseccomp know
    std::vector<std::string> always, some;
    std::vector<std::string> beyond;      // further than promised
    std::vector<std::string> unit_keeps;  // promised, and refused by the unit's own filters
};

struct Report {
    std::string name;
    pid_t pid = -1;
    std::string program, role;
    std::size_t threads = 0, processes = 0;
    std::vector<Finding> findings;
    Calls calls;
    std::optional<std::chrono::microseconds> stopped;

    [[nodiscard]] bool as_promised() const;
};

// `filters`: nothing where only the configuration can be asked; `why_no_filters` says why.
Report compare(const std::string& name, const Facts& facts, const Promise& promise,
               const std::optional<Filters>& filters, const std::string& why_no_filters);

// The parts of it.
std::vector<Finding> compare_configuration(const Promise& promise);
std::vector<Finding> compare_identity(const Facts& facts, const Promise& promise);
std::vector<Finding> compare_namespaces(const Facts& facts, const Promise& promise);
std::vector<Finding> compare_paths(const Facts& facts, const Promise& promise);
std::vector<Finding> compare_descriptors(const Facts& facts, const Promise& promise);
std::vector<Finding> compare_filters(const Facts& facts, const Promise& promise,
                                     const std::optional<Filters>& filters);
// Error findings go to `findings`: a filter that cannot be understood says nothing about any call.
Calls compare_calls(const Promise& promise, const std::optional<Filters>& filters,
                    const std::string& why_no_filters, std::vector<Finding>& findings);

// "a, b, c and 4 more".
std::string listed(const std::vector<std::string>& names, std::size_t limit);

}  // namespace rs::audit
