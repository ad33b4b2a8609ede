// What the program's own exit status says; sysexits.h(3head) where it has a word, systemd.exec(5) "Process
// Exit Codes" knows the same names. A proxy that ends by itself passes its own status on (128+N for signal N,
// as a shell does).
#pragma once

namespace rs {

enum class ExitStatus : int {
    ok = 0,
    failure = 1,
    unreachable = 4,   // audit: the service does not run or does not answer, so nothing is known
    usage = 64,        // EX_USAGE: wrong arguments
    unavailable = 69,  // EX_UNAVAILABLE: Podman's namespaces cannot be had
    os_error = 71,     // EX_OSERR: a sandbox step or another system call failed
    temporary = 75,    // EX_TEMPFAIL: the proxy did not become ready in time
    config = 78,       // EX_CONFIG: the unit must not restart on this (RestartPreventExitStatus=78)
    cannot_execute = 126,
    not_found = 127,
};

constexpr int to_int(ExitStatus status) {
    return static_cast<int>(status);
}

}  // namespace rs
