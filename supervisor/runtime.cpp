#include "supervisor/runtime.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <format>
#include <string_view>

#include "supervisor/base/file.hpp"

namespace rs {
namespace {

bool same_file(const std::string& a, const std::string& b) {
    struct stat left{};
    struct stat right{};
    return ::stat(a.c_str(), &left) == 0 && ::stat(b.c_str(), &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

Result<> make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) < 0 && errno != EEXIST) {
        return fail_errno(std::format("cannot create directory '{}'", path), errno);
    }
    return {};
}

}  // namespace

std::expected<Network, Missing> look(const PodmanPaths& paths, const PodmanConfig& config) {
    auto namespaces = discover(paths);
    if (!namespaces) return std::unexpected(namespaces.error());
    if (!config.dns) return Network{std::move(*namespaces), std::nullopt};

    // Through the pause process: the runroot may lie where this unit's sandbox does not let us look.
    const std::string directory =
        std::format("/proc/{}/root{}", namespaces->pause.pid(), paths.aardvark_dir());
    auto names = choose_name_server(directory, config.network);
    if (!names) return std::unexpected(names.error());
    return Network{std::move(*namespaces), std::move(*names)};
}

Result<std::string> own_directory(const PodmanPaths& paths, const std::string& name) {
    if (const char* given = std::getenv("RUNTIME_DIRECTORY"); given != nullptr && given[0] == '/') {
        const std::string_view all{given};  // colon-separated where the unit asks for several
        return std::string{all.substr(0, all.find(':'))};
    }
    const std::string parent = paths.runtime_dir.reached + "/rootless-supervisor";
    std::string own = parent + "/" + name;
    if (auto made = make_directory(parent); !made) return std::unexpected(made.error());
    if (auto made = make_directory(own); !made) return std::unexpected(made.error());
    return own;
}

Result<std::string> publish_resolv_conf(const std::string& directory, const NameServer& server) {
    const std::string path = directory + "/resolv.conf";
    // Created with the file's final mode whatever the umask: the proxy has no capability to read past it.
    const UniqueFd created{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
    if (created && ::fchmod(created.get(), 0644) < 0)
        return fail_errno(std::format("cannot chmod '{}'", path), errno);
    if (auto written = overwrite_file(path, resolv_conf(server)); !written) {
        return fail(std::format("cannot write '{}'", written.error().message), written.error().code);
    }
    return same_file(path, "/etc/resolv.conf") ? std::string{} : path;
}

std::string shown(const NamespaceId& net) {
    return std::format("net:[{}]", net.inode);
}

}  // namespace rs
