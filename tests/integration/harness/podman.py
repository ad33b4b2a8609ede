"""Rootless Podman of user test, found by Podman's own means and not by the supervisor's."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from . import RUNTIME_DIR, USER
from .command import attempt, command_line, run
from .process import Process
from .systemd import user_systemctl
from .wait import wait_for

WHOAMI = "whoami.service"
CONTAINER = "whoami.example.com"
PAUSE_PID = RUNTIME_DIR / "libpod/tmp/pause.pid"
NETNS = RUNTIME_DIR / "containers/networks/rootless-netns/rootless-netns"


def pause_process() -> Process:
    return Process(int(PAUSE_PID.read_text()))


def rootless_netns() -> str:
    """The network namespace as Podman itself enters it; takes no reference on it, unlike `podman unshare`."""
    with open(f"/proc/{pause_process().pid}/root{NETNS}") as netns:
        return f"net:[{os.fstat(netns.fileno()).st_ino}]"


def gateway() -> str:
    """Of the container network: where aardvark-dns answers."""
    text = run("podman", "network", "inspect", "systemd-mynet", "--format", "{{range .Subnets}}{{.Gateway}}{{end}}",
               user=USER)
    return text.strip()


def whoami_answers() -> bool:
    conmon = int(run("systemctl", "--user", "show", "--value", "--property=MainPID", WHOAMI, user=USER))
    container = Process(conmon).children()[0]
    command = ("nsenter", f"--target={container}", "--net", "curl", "--silent", "--fail", "http://127.0.0.1/")
    return attempt(*command).returncode == 0


def start_whoami() -> None:
    user_systemctl("start", WHOAMI)
    wait_for("whoami to answer in its own network", whoami_answers)


def stop_whoami() -> None:
    user_systemctl("stop", WHOAMI)


@contextmanager
def idle_process(*prefix: str) -> Iterator[Process]:
    """A process of user test that does nothing; `prefix` runs it otherwise than its user would."""
    command = command_line((*prefix, "sh", "-c", "echo here; exec sleep infinity"), USER)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            yield Process(process.pid)
        finally:
            process.kill()
