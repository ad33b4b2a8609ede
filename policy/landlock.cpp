#include "policy/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <format>
#include <optional>
#include <utility>

#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kExecute = LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kMake =
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | kMake | LANDLOCK_ACCESS_FS_REFER |
                                 LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV;
// What a rule about something that is no directory may grant.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
                                   LANDLOCK_ACCESS_FS_IOCTL_DEV;

// landlock(7), "Versions".
constexpr int kReferAbi = 2;
constexpr int kTruncateAbi = 3;
constexpr int kNetAbi = 4;
constexpr int kIoctlAbi = 5;
constexpr int kScopeAbi = 6;

std::uint64_t files_of(int abi) {
    std::uint64_t known = kRead | kExecute | kWrite;
    if (abi < kReferAbi) known &= ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_REFER);
    if (abi < kTruncateAbi) known &= ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_TRUNCATE);
    if (abi < kIoctlAbi) known &= ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_IOCTL_DEV);
    return known;
}

landlock_ruleset_attr wanted(const Access& access) {
    landlock_ruleset_attr attr{};
    if (access.read) attr.handled_access_fs |= kRead;
    if (access.write) attr.handled_access_fs |= kWrite;
    if (access.execute) attr.handled_access_fs |= kExecute;
    if (attr.handled_access_fs != 0) attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
    if (access.tcp_bind) attr.handled_access_net |= LANDLOCK_ACCESS_NET_BIND_TCP;
    if (access.tcp_connect) attr.handled_access_net |= LANDLOCK_ACCESS_NET_CONNECT_TCP;
    if (access.scope_signals) attr.scoped |= LANDLOCK_SCOPE_SIGNAL;
    if (access.scope_abstract_sockets) attr.scoped |= LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
    return attr;
}

// What of it the kernel cannot do, in words; empty: it can do everything.
std::string cut_down(landlock_ruleset_attr& attr, int abi) {
    std::string lost;
    const auto lose = [&lost](std::string_view what) {
        lost += std::format("{}{}", lost.empty() ? "" : ", ", what);
    };
    if (abi == 0) {
        attr = {};
        return "files, TCP ports and signals";
    }
    const std::uint64_t missing = attr.handled_access_fs & ~files_of(abi);
    if ((missing & LANDLOCK_ACCESS_FS_TRUNCATE) != 0) lose("truncating files");
    if ((missing & LANDLOCK_ACCESS_FS_IOCTL_DEV) != 0) lose("ioctl on devices");
    // Without the right to REFER, moving files between directories is always refused.
    attr.handled_access_fs &= files_of(abi);
    if (abi < kNetAbi && std::exchange(attr.handled_access_net, 0) != 0) lose("TCP ports");
    if (abi < kScopeAbi && std::exchange(attr.scoped, 0) != 0) lose("signals and abstract sockets");
    return lost;
}

bool is_empty(const landlock_ruleset_attr& attr) {
    return attr.handled_access_fs == 0 && attr.handled_access_net == 0 && attr.scoped == 0;
}

// No descriptor: it is not there, and need not be.
Result<UniqueFd> open_path(const Path& path) {
    const auto name = expanded(path.text, [](const char* variable) { return std::getenv(variable); });
    if (!name) {
        if (!path.required) return UniqueFd{};
        return fail(std::format("path {} of [policy] begins with a variable that is not set to a path",
                                in_quotes(path.text)));
    }
    UniqueFd fd{::open(name->c_str(), O_PATH | O_CLOEXEC)};
    if (fd || !path.required) return fd;
    return fail_errno(std::format("cannot open path {} of [policy]", in_quotes(*name)), errno);
}

Result<> add_path(int ruleset, const Path& path, std::uint64_t rights) {
    const auto fd = open_path(path);
    if (!fd) return std::unexpected(fd.error());
    if (!*fd) return {};
    struct stat status{};
    if (::fstat(fd->get(), &status) < 0) return fail_errno(std::format("cannot stat '{}'", path.text), errno);
    const bool directory = S_ISDIR(status.st_mode);
    const landlock_path_beneath_attr rule{.allowed_access = directory ? rights : rights & kOfFiles,
                                          .parent_fd = fd->get()};
    if (rule.allowed_access == 0) return {};
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return {};
    return fail_errno(std::format("cannot add '{}' to the Landlock rules", path.text), errno);
}

// Also where no rule is made: the same configuration is as wrong on a kernel without Landlock.
Result<> check_paths(const Access& access) {
    for (const auto* paths : {&access.read, &access.write, &access.execute}) {
        if (!*paths) continue;
        for (const auto& path : **paths) {
            if (const auto fd = open_path(path); !fd) return std::unexpected(fd.error());
        }
    }
    return {};
}

Result<> add_paths(int ruleset, const Paths& paths, std::uint64_t rights) {
    if (!paths) return {};
    for (const auto& path : *paths) {
        if (auto added = add_path(ruleset, path, rights); !added) return added;
    }
    return {};
}

Result<> add_ports(int ruleset, const Ports& ports, std::uint64_t right) {
    if (!ports || right == 0) return {};
    for (const std::uint16_t port : *ports) {
        const landlock_net_port_attr rule{.allowed_access = right, .port = port};
        if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_NET_PORT, &rule, 0) < 0) {
            return fail_errno(std::format("cannot add port {} to the Landlock rules", port), errno);
        }
    }
    return {};
}

Result<> fill(int ruleset, const Access& access, const landlock_ruleset_attr& attr) {
    const auto files = attr.handled_access_fs;
    if (auto added = add_paths(ruleset, access.read, files & kRead); !added) return added;
    if (auto added = add_paths(ruleset, access.write, files & (kRead | kWrite)); !added) return added;
    if (auto added = add_paths(ruleset, access.execute, files & (kRead | kExecute)); !added) return added;
    // Moving between directories is refused by every rule set that looks at files, unless it says otherwise.
    if (!access.write) {
        const auto moved = add_path(ruleset, {"/", true}, files & LANDLOCK_ACCESS_FS_REFER);
        if (!moved) return moved;
    }
    const auto net = attr.handled_access_net;
    if (auto added = add_ports(ruleset, access.tcp_bind, net & LANDLOCK_ACCESS_NET_BIND_TCP); !added)
        return added;
    return add_ports(ruleset, access.tcp_connect, net & LANDLOCK_ACCESS_NET_CONNECT_TCP);
}

}  // namespace

std::optional<std::string> expanded(const std::string& path, const Variables& variables) {
    if (!path.starts_with("${")) return path;
    const std::size_t end = path.find('}');
    if (end == std::string::npos) return std::nullopt;
    const char* value = variables(path.substr(2, end - 2).c_str());
    if (value == nullptr || value[0] != '/') return std::nullopt;
    // Of a list, as systemd passes several directories, the first.
    const std::string whole{value};
    return whole.substr(0, whole.find(':')) + path.substr(end + 1);
}

int landlock_abi() {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : static_cast<int>(version);
}

Result<Ruleset> make_ruleset(const Access& access, Landlock mode, int abi) {
    Ruleset made;
    if (auto there = check_paths(access); !there) return std::unexpected(there.error());
    auto attr = wanted(access);
    if (mode == Landlock::off || is_empty(attr)) return made;
    if (const auto lost = cut_down(attr, abi); !lost.empty()) {
        const std::string reason = abi == 0 ? std::string{"Landlock is not available here"}
                                            : std::format("this kernel has version {} of Landlock", abi);
        if (mode == Landlock::enforce) {
            return fail(std::format("{}, which cannot restrict {}, and [policy] landlock is \"enforce\"",
                                    reason, lost));
        }
        made.warnings.push_back(std::format("{}: {} stay unrestricted", reason, lost));
    }
    if (is_empty(attr)) return made;
    // The kernel refuses fields that it does not know only when they are not zero.
    made.fd = UniqueFd{static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0))};
    if (!made.fd) return fail_errno("cannot create the Landlock rules", errno);
    if (auto filled = fill(made.fd.get(), access, attr); !filled) return std::unexpected(filled.error());
    return made;
}

}  // namespace rs::policy
