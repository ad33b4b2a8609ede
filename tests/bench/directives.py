"""What each directive that makes a system call filter costs: the time of a few calls in a transient service."""

import json

from harness import USER
from harness.command import run

# Nanoseconds of CPU time for a call, the best of many tries: what disturbs only ever adds.
PROGRAM = """
import json, mmap, os, time
def best(once, many=2000, tries=60):
    least = 10 ** 9
    for _ in range(tries):
        begin = time.thread_time_ns()
        for _ in range(many):
            once()
        least = min(least, (time.thread_time_ns() - begin) / many)
    return least
null = os.open('/dev/null', os.O_RDWR)
def opened():
    os.close(os.open('/etc/passwd', os.O_RDONLY | os.O_CLOEXEC))
def mapped():
    mmap.mmap(-1, 4096).close()
print(json.dumps({
    'open+close': best(opened, 1000), 'getppid': best(os.getppid), 'write': best(lambda: os.write(null, b'x')),
    'fcntl': best(lambda: os.get_inheritable(null)), 'mmap+munmap': best(mapped, 1000),
}))
"""

DIRECTIVES = {
    "none": (),
    "SystemCallArchitectures": ("SystemCallArchitectures=native",),
    "SystemCallFilter": ("SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources @obsolete",
                         "SystemCallErrorNumber=EPERM"),
    "RestrictAddressFamilies": ("RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",),
    "RestrictNamespaces": ("RestrictNamespaces=user net",),
    "RestrictSUIDSGID": ("RestrictSUIDSGID=yes",),
    "RestrictRealtime": ("RestrictRealtime=yes",),
    "MemoryDenyWriteExecute": ("MemoryDenyWriteExecute=yes",),
    "LockPersonality": ("LockPersonality=yes",),
    "ProtectClock": ("ProtectClock=yes",),
    "ProtectHostname": ("ProtectHostname=yes",),
    "ProtectKernelLogs": ("ProtectKernelLogs=yes",),
    "ProtectKernelModules": ("ProtectKernelModules=yes",),
    "ProtectKernelTunables": ("ProtectKernelTunables=yes",),
    "PrivateDevices": ("PrivateDevices=yes",),
}
ALL = tuple(line for lines in DIRECTIVES.values() for line in lines)
CASES = {
    **DIRECTIVES,
    **{f"all but {name}": tuple(line for line in ALL if line not in DIRECTIVES[name])
       for name in ("RestrictSUIDSGID", "MemoryDenyWriteExecute", "SystemCallFilter")},
    "all": ALL,
}


def costs(lines: tuple[str, ...]) -> dict[str, float]:
    properties = [f"--property={line}" for line in lines]
    return json.loads(run("systemd-run", "--quiet", "--wait", "--pipe", "--collect", f"--uid={USER}",
                          "--property=NoNewPrivileges=yes", *properties, "python3", "-I", "-c", PROGRAM, timeout=120))


def show(rounds: int) -> None:
    taken: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
    for _ in range(rounds):
        for case, lines in CASES.items():
            taken[case].append(costs(lines))
    calls = list(taken["none"][0])
    print(f"{'relative to no directive':32}" + "".join(f"{call:>13}" for call in calls))
    least = {case: {call: min(one[call] for one in several) for call in calls} for case, several in taken.items()}
    for case, values in least.items():
        print(f"{case:32}" + "".join(f"{values[call] / least['none'][call]:13.2f}" for call in calls))
