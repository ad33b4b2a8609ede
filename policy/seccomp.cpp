#include "policy/seccomp.hpp"

#include <linux/bpf_common.h>
#include <seccomp.h>

#include <array>
#include <cstddef>
#include <format>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "policy/argument_rules.hpp"
#include "policy/resolve.hpp"
#include "policy/self_check.hpp"

namespace rs::policy {
namespace {

static_assert(kAllow == SCMP_ACT_ALLOW && kKill == SCMP_ACT_KILL_PROCESS &&
              kForbidden == SCMP_ACT_ERRNO(EPERM));

struct ReleaseContext {
    void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ReleaseContext>;

// libseccomp's functions return the negative errno.
Result<> checked(int result, std::string_view what) {
    if (result < 0) return fail_errno(std::format("cannot {}", what), -result);
    return {};
}

Result<Context> new_context(Action otherwise) {
    // Otherwise libseccomp asks the kernel what it can do by calls that the sandbox of the unit we run in may
    // refuse, and then knows no KILL_PROCESS. Level 3 is Linux 4.14 (seccomp_api_set(3)).
    if (auto set = checked(seccomp_api_set(3), "choose libseccomp's API level"); !set) {
        return std::unexpected(set.error());
    }
    Context context{seccomp_init(otherwise)};
    if (!context) return fail("cannot begin a system call filter: libseccomp is out of memory");
    constexpr std::array<std::pair<scmp_filter_attr, std::uint32_t>, 2> kAttributes{{
        {SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
        // A binary tree: measured to cost a proxy less than one test after the other.
        {SCMP_FLTATR_CTL_OPTIMIZE, 2},
    }};
    for (const auto& [attribute, value] : kAttributes) {
        const int result = seccomp_attr_set(context.get(), attribute, value);
        if (auto set = checked(result, "set an attribute of the system call filter"); !set) {
            return std::unexpected(set.error());
        }
    }
    return context;
}

// Every call by its number alone; argument_rules() comes before what libseccomp makes of this.
Result<> add_call(scmp_filter_ctx context, Action otherwise, int number, const CallPolicy& call) {
    // libseccomp refuses rules that repeat its default with EACCES.
    if (call.action == otherwise) return {};
    return checked(seccomp_rule_add_exact_array(context, call.action, number, 0, nullptr),
                   std::format("add system call {} to the filter", number));
}

Result<std::vector<sock_filter>> export_program(scmp_filter_ctx context) {
    std::size_t size = 0;
    if (auto asked = checked(seccomp_export_bpf_mem(context, nullptr, &size), "measure the filter"); !asked) {
        return std::unexpected(asked.error());
    }
    std::vector<sock_filter> program(size / sizeof(sock_filter));
    const int result = seccomp_export_bpf_mem(context, program.data(), &size);
    if (auto exported = checked(result, "export the filter"); !exported) {
        return std::unexpected(exported.error());
    }
    return program;
}

// libseccomp answers numbers that are newer than its rules with its default. A C library that tries a new
// call takes EPERM for a verdict, but ENOSYS for "use the old one", so ENOSYS it must be (OCI runtimes do the
// same).
std::vector<sock_filter> head_of(const ResolvedPolicy& policy) {
    const auto load = [](std::size_t offset) {
        return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
    };
    std::vector<sock_filter> head;
    head.push_back(load(offsetof(seccomp_data, arch)));
    head.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, policy.arch, 1, 0));
    head.push_back(BPF_STMT(BPF_RET | BPF_K, kKill));
    head.push_back(load(offsetof(seccomp_data, nr)));
    // x32 is left to libseccomp, which kills.
    head.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kForeignNumbers, 2, 0));
    head.push_back(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, static_cast<std::uint32_t>(policy.newest), 0, 1));
    head.push_back(BPF_STMT(BPF_RET | BPF_K, kAbsent));
    return head;
}

}  // namespace

Result<SeccompProgram> compile_filter(const SyscallPolicy& policy) {
    const auto resolved = resolve(policy);
    if (!resolved) return std::unexpected(resolved.error());
    const auto context = new_context(resolved->otherwise);
    if (!context) return std::unexpected(context.error());
    for (const auto& [number, call] : resolved->calls) {
        if (auto added = add_call(context->get(), resolved->otherwise, number, call); !added) {
            return std::unexpected(added.error());
        }
    }
    const auto body = export_program(context->get());
    if (!body) return std::unexpected(body.error());

    SeccompProgram program{head_of(*resolved)};
    const auto rules = argument_rules(*resolved);
    for (const auto* part : {&rules, &*body})
        program.instructions.insert(program.instructions.end(), part->begin(), part->end());
    if (program.instructions.size() > BPF_MAXINSNS) {
        return fail(std::format("the system call filter has {} instructions, the kernel takes {}",
                                program.instructions.size(), BPF_MAXINSNS));
    }
    if (auto same = check_program(*resolved, program.instructions); !same) {
        return std::unexpected(same.error());
    }
    return program;
}

}  // namespace rs::policy
