#include "supervisor/refusals.hpp"

#include <algorithm>
#include <cstring>
#include <format>

#include "policy/asking.hpp"
#include "policy/groups.hpp"
#include "policy/names.hpp"

namespace rs {
namespace {

bool is_in(const std::string& word, const std::string& name) {
    const auto* group = policy::find_group(word);
    return group != nullptr ? std::ranges::contains(policy::calls_of(*group), name) : word == name;
}

std::string errno_text(int code) {
    const char* name = ::strerrorname_np(code);
    return name != nullptr ? name : std::format("errno {}", code);
}

std::string times(std::int64_t count) {
    return count == 1 ? "once" : std::format("{} times", count);
}

}  // namespace

Refusals::Verdict Refusals::judge(const seccomp_data& call) {
    Verdict verdict{.code = policy::refusal_of(policy_, call), .call = policy::call_name(call.nr)};
    if (verdict.call.empty()) verdict.call = std::to_string(call.nr);
    ++total_;
    const std::string arguments = policy::shown_arguments(call);
    const std::string kind =
        arguments.empty() ? verdict.call : std::format("{} ({})", verdict.call, arguments);
    if (const auto known = counts_.find(kind); known != counts_.end()) {
        ++known->second;
    } else if (counts_.size() < kTold) {
        counts_[kind] = 1;
        verdict.line = line_for(verdict.call, call, verdict.code);
        if (counts_.size() == kTold) *verdict.line += "; what else it is refused will only be counted";
    }
    return verdict;
}

std::string Refusals::line_for(const std::string& name, const seccomp_data& call, int code) const {
    const std::string arguments = policy::shown_arguments(call);
    return std::format("the proxy was refused system call '{}'{} ({}) by profile {}; {}", name,
                       arguments.empty() ? "" : " with " + arguments, errno_text(code), profile_,
                       remedy(name, call));
}

std::string Refusals::remedy(const std::string& name, const seccomp_data& call) const {
    const auto denies = [&](const std::string& word) { return is_in(word, name); };
    if (const auto word = std::ranges::find_if(denied_, denies); word != denied_.end())
        return std::format("[policy] asks for that: deny = [\"{}\"]", *word);
    if (policy::call_name(call.nr).empty()) return "it has no name here, so no profile can allow it";
    const auto found = policy_.calls.find(call.nr);
    const bool conditional = found != policy_.calls.end() && !found->second.rules.empty();
    return std::format("to allow it{}: allow = [\"{}\"] in [policy]",
                       conditional ? ", whatever its arguments are" : "", name);
}

std::string Refusals::repeated() const {
    std::string text;
    std::int64_t counted = 0;
    for (const auto& [kind, count] : counts_) {
        text += std::format("{}{} {}", text.empty() ? "" : ", ", kind, times(count));
        counted += count;
    }
    if (total_ > counted) text += std::format(", others {}", times(total_ - counted));
    return total_ > static_cast<std::int64_t>(counts_.size()) ? text : "";
}

}  // namespace rs
