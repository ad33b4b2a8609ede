#include "policy/policy.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "policy/flatten.hpp"
#include "policy/groups.hpp"
#include "policy/oci.hpp"
#include "supervisor/base/file.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

// The launcher makes these after the filter is loaded (supervisor/launch/child.cpp).
constexpr std::array<std::string_view, 3> kOfTheLauncher{"execve", "exit_group", "write"};

// Whoever may make these is on the way out of the sandbox.
constexpr std::array<std::string_view, 12> kWaysOut{
    "bpf",    "io_uring_setup", "keyctl",  "mount",       "move_mount",   "open_tree",
    "ptrace", "setns",          "unshare", "init_module", "finit_module", "kexec_load"};

Result<Policy> load_oci(const Wishes& wishes) {
    const auto text = read_small_file(wishes.profile);
    if (!text) {
        return fail(
            std::format("cannot read policy profile '{}': {}", wishes.profile, reason_of(text.error().code)),
            text.error().code);
    }
    auto syscalls = parse_oci(*text, wishes.profile, wishes.capabilities);
    if (!syscalls) return fail(syscalls.error().text());
    return Policy{.profile = wishes.profile, .syscalls = *std::move(syscalls), .access = {}, .warnings = {}};
}

Result<Policy> load(const Library& library, const Wishes& wishes) {
    if (wishes.profile.ends_with(".json")) return load_oci(wishes);
    const auto profile = library.load(wishes.profile);
    if (!profile) return std::unexpected(profile.error());
    return flatten(library, *profile);
}

void allow_group(SyscallPolicy& policy, const Group& group) {
    for (const auto name : calls_of(group)) {
        if (know_call(name) == Known::here)
            policy.calls.try_emplace(std::string{name}, CallPolicy{kAllow, {}});
    }
}

void allow_call(Policy& policy, const std::string& name) {
    const auto known = know_call(name);
    if (known == Known::newer) {
        policy.warnings.push_back(std::format(
            "[policy] allow: system call '{}' is too new for this libseccomp; it stays refused", name));
    }
    if (known != Known::here) return;
    if (std::ranges::contains(kWaysOut, name)) {
        policy.warnings.push_back(std::format("[policy] allow: '{}' can lead out of the sandbox", name));
    }
    policy.syscalls.calls[name] = {kAllow, {}};
}

// What is refused already keeps its answer: a kill stays a kill.
void deny_call(SyscallPolicy& policy, const std::string& name) {
    const auto call = policy.calls.find(name);
    if (call == policy.calls.end()) return;
    auto& [action, rules] = call->second;
    if (is_allowed(action)) action = policy.otherwise;
    rules.clear();
}

void deny(SyscallPolicy& policy, const std::string& word) {
    const Group* group = find_group(word);
    if (group == nullptr) return deny_call(policy, word);
    for (const auto name : calls_of(*group))
        deny_call(policy, std::string{name});
}

Result<> apply(Policy& policy, const Wishes& wishes) {
    for (const auto* words : {&wishes.allow, &wishes.deny}) {
        for (const auto& word : *words) {
            if (const auto mistake = mistake_in(word)) return fail("[policy] " + *mistake);
        }
    }
    for (const auto& word : wishes.deny) {
        if (std::ranges::contains(wishes.allow, word)) {
            return fail(std::format("[policy] {} is in both 'allow' and 'deny'", in_quotes(word)));
        }
    }
    for (const auto& word : wishes.allow) {
        if (const Group* group = find_group(word)) {
            allow_group(policy.syscalls, *group);
        } else {
            allow_call(policy, word);
        }
    }
    for (const auto& word : wishes.deny)
        deny(policy.syscalls, word);
    return {};
}

}  // namespace

Result<Policy> assemble(const Library& library, const Wishes& wishes) {
    auto policy = load(library, wishes);
    if (!policy) return policy;
    policy->capabilities = wishes.capabilities;
    if (auto applied = apply(*policy, wishes); !applied) return std::unexpected(applied.error());
    add_access(policy->access, wishes.access);
    for (const auto name : kOfTheLauncher) {
        const auto call = policy->syscalls.calls.find(std::string{name});
        if (call != policy->syscalls.calls.end() && is_allowed(call->second.action)) continue;
        return fail(
            std::format("policy profile '{}' must allow '{}', without which no program can be started",
                        policy->profile, name));
    }
    return policy;
}

}  // namespace rs::policy
