#include "supervisor/control/confinement.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <format>
#include <ranges>
#include <string>

#include "supervisor/base/file.hpp"

namespace rs::control {
namespace {

// capabilities(7); by number, linux/capability.h.
constexpr std::array<std::string_view, 41> kCapabilities{"chown",
                                                         "dac_override",
                                                         "dac_read_search",
                                                         "fowner",
                                                         "fsetid",
                                                         "kill",
                                                         "setgid",
                                                         "setuid",
                                                         "setpcap",
                                                         "linux_immutable",
                                                         "net_bind_service",
                                                         "net_broadcast",
                                                         "net_admin",
                                                         "net_raw",
                                                         "ipc_lock",
                                                         "ipc_owner",
                                                         "sys_module",
                                                         "sys_rawio",
                                                         "sys_chroot",
                                                         "sys_ptrace",
                                                         "sys_pacct",
                                                         "sys_admin",
                                                         "sys_boot",
                                                         "sys_nice",
                                                         "sys_resource",
                                                         "sys_time",
                                                         "sys_tty_config",
                                                         "mknod",
                                                         "lease",
                                                         "audit_write",
                                                         "audit_control",
                                                         "setfcap",
                                                         "mac_override",
                                                         "mac_admin",
                                                         "syslog",
                                                         "wake_alarm",
                                                         "block_suspend",
                                                         "audit_read",
                                                         "perfmon",
                                                         "bpf",
                                                         "checkpoint_restore"};

std::uint64_t number(std::string_view text, int base) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

std::vector<std::string> capability_names(std::uint64_t set) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < 64; ++i) {
        if ((set >> i & 1U) == 0) continue;
        names.push_back(i < kCapabilities.size() ? std::format("cap_{}", kCapabilities[i])
                                                 : std::format("cap_{}", i));
    }
    return names;
}

}  // namespace

Policy parse_confinement(std::string_view status) {
    Policy policy;
    for (const auto part : std::views::split(status, '\n')) {
        const std::string_view line{part.begin(), part.end()};
        const auto colon = line.find(":\t");
        if (colon == std::string_view::npos) continue;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = line.substr(colon + 2);
        if (name == "NoNewPrivs") policy.no_new_privileges = value == "1";
        if (name == "CapEff") policy.capabilities = capability_names(number(value, 16));
        if (name == "Seccomp_filters") policy.seccomp_filters = static_cast<int>(number(value, 10));
    }
    return policy;
}

std::optional<Policy> confinement_of(pid_t pid) {
    const auto status = read_small_file(std::format("/proc/{}/status", pid));
    if (!status) return std::nullopt;
    return parse_confinement(*status);
}

}  // namespace rs::control
