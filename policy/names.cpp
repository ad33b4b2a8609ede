#include "policy/names.hpp"

#include <linux/capability.h>
#include <seccomp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <format>
#include <span>
#include <utility>

#include "policy/groups.hpp"
#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

// Calls of Linux 6.14 and later, which libseccomp 2.6 does not know.
constexpr std::array<std::string_view, 5> kNewer{"file_getattr", "file_setattr", "listns", "open_tree_attr",
                                                 "rseq_slice_yield"};

// In the order of their numbers (linux/capability.h).
constexpr std::array<std::string_view, CAP_LAST_CAP + 1> kCapabilities{"CAP_CHOWN",
                                                                       "CAP_DAC_OVERRIDE",
                                                                       "CAP_DAC_READ_SEARCH",
                                                                       "CAP_FOWNER",
                                                                       "CAP_FSETID",
                                                                       "CAP_KILL",
                                                                       "CAP_SETGID",
                                                                       "CAP_SETUID",
                                                                       "CAP_SETPCAP",
                                                                       "CAP_LINUX_IMMUTABLE",
                                                                       "CAP_NET_BIND_SERVICE",
                                                                       "CAP_NET_BROADCAST",
                                                                       "CAP_NET_ADMIN",
                                                                       "CAP_NET_RAW",
                                                                       "CAP_IPC_LOCK",
                                                                       "CAP_IPC_OWNER",
                                                                       "CAP_SYS_MODULE",
                                                                       "CAP_SYS_RAWIO",
                                                                       "CAP_SYS_CHROOT",
                                                                       "CAP_SYS_PTRACE",
                                                                       "CAP_SYS_PACCT",
                                                                       "CAP_SYS_ADMIN",
                                                                       "CAP_SYS_BOOT",
                                                                       "CAP_SYS_NICE",
                                                                       "CAP_SYS_RESOURCE",
                                                                       "CAP_SYS_TIME",
                                                                       "CAP_SYS_TTY_CONFIG",
                                                                       "CAP_MKNOD",
                                                                       "CAP_LEASE",
                                                                       "CAP_AUDIT_WRITE",
                                                                       "CAP_AUDIT_CONTROL",
                                                                       "CAP_SETFCAP",
                                                                       "CAP_MAC_OVERRIDE",
                                                                       "CAP_MAC_ADMIN",
                                                                       "CAP_SYSLOG",
                                                                       "CAP_WAKE_ALARM",
                                                                       "CAP_BLOCK_SUSPEND",
                                                                       "CAP_AUDIT_READ",
                                                                       "CAP_PERFMON",
                                                                       "CAP_BPF",
                                                                       "CAP_CHECKPOINT_RESTORE"};
static_assert(!kCapabilities.back().empty());

struct Family {
    std::string_view name;
    std::uint64_t number;
};
constexpr std::array kFamilies{Family{"AF_UNIX", AF_UNIX},   Family{"AF_INET", AF_INET},
                               Family{"AF_INET6", AF_INET6}, Family{"AF_NETLINK", AF_NETLINK},
                               Family{"AF_VSOCK", AF_VSOCK}, Family{"AF_PACKET", AF_PACKET},
                               Family{"AF_ALG", AF_ALG}};

constexpr int kErrnoMax = 4095;    // the kernel's MAX_ERRNO
constexpr int kNumbersMax = 1024;  // some way beyond the newest call

int resolve_name(std::string_view name) {
    // A name with a NUL in it would be cut there.
    if (name.contains('\0')) return __NR_SCMP_ERROR;
    return seccomp_syscall_resolve_name(std::string{name}.c_str());
}

bool in_some_group(std::string_view name) {
    return std::ranges::any_of(
        groups(), [name](const Group& group) { return std::ranges::contains(calls_of(group), name); });
}

const std::vector<std::string>& all_calls() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> found{kNewer.begin(), kNewer.end()};
        for (int number = 0; number < kNumbersMax; ++number) {
            if (auto name = call_name(number); !name.empty()) found.push_back(std::move(name));
        }
        return found;
    }();
    return names;
}

std::string no_such(std::string_view kind, std::string_view word, std::span<const std::string_view> words) {
    std::string message = std::format("{} is no {}", in_quotes(word), kind);
    if (const auto meant = nearest(word, words)) message += std::format("; did you mean '{}'?", *meant);
    return message;
}

}  // namespace

int number_of(std::string_view call) {
    return resolve_name(call);
}

std::string call_name(int number) {
    char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    std::string copy = name != nullptr ? name : "";
    std::free(name);  // seccomp_syscall_resolve_num_arch(3)
    return copy;
}

std::expected<Known, std::string> know_call(std::string_view name) {
    const int number = resolve_name(name);
    if (number >= 0) return Known::here;
    if (number != __NR_SCMP_ERROR) return Known::elsewhere;
    if (std::ranges::contains(kNewer, name)) return Known::newer;
    if (in_some_group(name)) return Known::newer;
    const auto& names = all_calls();
    const std::vector<std::string_view> words{names.begin(), names.end()};
    return std::unexpected(no_such("system call", name, words));
}

std::optional<std::string> mistake_in(std::string_view call_or_group) {
    if (call_or_group.starts_with('@')) {
        if (find_group(call_or_group) != nullptr) return std::nullopt;
        std::vector<std::string_view> words;
        for (const auto& group : groups())
            words.push_back(group.name);
        return no_such("group of system calls", call_or_group, words);
    }
    const auto known = know_call(call_or_group);
    return known ? std::nullopt : std::optional{known.error()};
}

std::expected<int, std::string> errno_of(std::string_view name) {
    std::vector<std::string_view> words;
    for (int code = 1; code <= kErrnoMax; ++code) {
        const char* known = ::strerrorname_np(code);
        if (known == nullptr) continue;
        if (name == known) return code;
        words.emplace_back(known);
    }
    return std::unexpected(no_such("errno", name, words));
}

std::expected<Capabilities, std::string> capability_of(std::string_view name) {
    const auto* found = std::ranges::find(kCapabilities, name);
    if (found == kCapabilities.end()) return std::unexpected(no_such("capability", name, kCapabilities));
    return Capabilities{1} << static_cast<unsigned>(found - kCapabilities.begin());
}

std::vector<std::string_view> capability_names(Capabilities set) {
    std::vector<std::string_view> names;
    for (std::size_t number = 0; number < kCapabilities.size(); ++number) {
        if ((set >> number & 1U) != 0) names.push_back(kCapabilities[number]);
    }
    return names;
}

std::expected<std::uint64_t, std::string> family_of(std::string_view name) {
    const auto* found = std::ranges::find(kFamilies, name, &Family::name);
    if (found != kFamilies.end()) return found->number;
    std::vector<std::string_view> words;
    for (const auto& family : kFamilies)
        words.push_back(family.name);
    return std::unexpected(no_such("socket family known here", name, words));
}

std::string family_name(std::uint64_t number) {
    const auto* family = std::ranges::find(kFamilies, number, &Family::number);
    return family == kFamilies.end() ? std::to_string(number) : std::string{family->name};
}

}  // namespace rs::policy
