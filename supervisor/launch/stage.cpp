#include "supervisor/launch/stage.hpp"

#include <cerrno>
#include <format>

#include "supervisor/base/error.hpp"
#include "supervisor/base/exit_status.hpp"

namespace rs {
namespace {

std::string attempt(Stage stage, const std::string& program) {
    switch (stage) {
        case Stage::signals:
            return "cannot reset the signal handlers";
        case Stage::session:
            return "cannot create a session (setsid)";
        case Stage::descriptors:
            return "cannot pass the sockets on";
        case Stage::user_namespace:
            return "cannot enter Podman's user namespace (setns)";
        case Stage::network_namespace:
            return "cannot enter Podman's network namespace (setns)";
        case Stage::mount_namespace:
            return "cannot create a mount namespace for resolv.conf (unshare)";
        case Stage::resolv_conf:
            return "cannot put the container network's resolv.conf over /etc/resolv.conf (mount)";
        case Stage::parent_death:
            return "cannot tie the proxy's life to the supervisor's (PR_SET_PDEATHSIG)";
        case Stage::securebits:
            return "cannot lock the securebits (PR_SET_SECUREBITS)";
        case Stage::ambient_set:
            return "cannot clear the ambient capabilities (PR_CAP_AMBIENT)";
        case Stage::bounding_set:
            return "cannot drop the capability bounding set (PR_CAPBSET_DROP)";
        case Stage::capabilities:
            return "cannot keep the capabilities that [policy] asks for";
        case Stage::no_new_privs:
            return "cannot set no_new_privs";
        case Stage::landlock:
            return "cannot load the Landlock rules";
        case Stage::seccomp:
            return "cannot load the seccomp filter";
        case Stage::listener:
            return "cannot hand the listener of the seccomp filter over (sendmsg)";
        case Stage::exec:
            return std::format("cannot execute '{}'", program);
    }
    return "cannot start";
}

// What a person should look at first; empty where the errno says it all.
std::string hint(const ChildFailure& failure) {
    const bool refused = failure.code == EPERM || failure.code == EACCES;
    switch (failure.stage) {
        case Stage::user_namespace:
        case Stage::network_namespace:
            return refused ? "the unit needs RestrictNamespaces= to allow user and net, and no PrivateUsers="
                           : "";
        case Stage::mount_namespace:
        case Stage::resolv_conf:
            return refused ? "let the unit bind $RUNTIME_DIRECTORY/resolv.conf over /etc/resolv.conf "
                             "(BindReadOnlyPaths=), or set dns = false"
                           : "";
        case Stage::capabilities:
            return refused ? "only uid 0 of Podman's user namespace can keep some" : "";
        case Stage::landlock:
            return refused ? "SystemCallFilter= of the unit must allow landlock_restrict_self" : "";
        case Stage::seccomp:
            return refused ? "SystemCallFilter= of the unit must allow seccomp" : "";
        case Stage::parent_death:
            return failure.code == ESRCH ? "the supervisor ended meanwhile" : "";
        case Stage::exec:
            return refused ? "the file must be executable for the service's user, below no noexec mount, and "
                             "among "
                             "what [policy] lets it execute"
                           : "";
        case Stage::signals:
        case Stage::session:
        case Stage::descriptors:
        case Stage::securebits:
        case Stage::ambient_set:
        case Stage::bounding_set:
        case Stage::no_new_privs:
        case Stage::listener:
            return "";
    }
    return "";
}

}  // namespace

std::string describe(const ChildFailure& failure, const std::string& program) {
    const std::string text = std::format("{}: {}", attempt(failure.stage, program), reason_of(failure.code));
    const std::string help = hint(failure);
    return help.empty() ? text : std::format("{} ({})", text, help);
}

int exit_status_of(const ChildFailure& failure) {
    if (failure.stage != Stage::exec) return to_int(ExitStatus::os_error);
    return to_int(failure.code == ENOENT ? ExitStatus::not_found : ExitStatus::cannot_execute);
}

}  // namespace rs
