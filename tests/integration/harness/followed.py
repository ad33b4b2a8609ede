"""caddy.service while something happens to Podman: what must go on meanwhile, and what is told of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from . import web
from .journal import Journal
from .load import Stream, listed, load
from .podman import PAUSE_PID, WHOAMI, rootless_netns
from .process import Process, proxy, supervisor
from .state import changed_file
from .systemd import CADDY, active, show, user_systemctl
from .wait import wait_for

# What the supervisor says, in order, when the network goes and when it has come back.
MISSING = ["missing"]
REPLACED = ["replacing", "starting", "ready", "stopped"]

_LINES = {
    "missing": r".*; waiting for .*",
    "replacing": r"replacing the proxy: Podman's network was recreated",
    "starting": r"starting /usr/local/bin/caddy as process \d+ in net:\[\d+\] of pause process \d+, with .*",
    "ready": r"the proxy is ready after [\d.]+ s",
    "stopped": r"the stopped proxy exited with status 0",
}
_BARRIER = "does not hold a process id"


def restart_whoami() -> None:
    user_systemctl("reset-failed", WHOAMI)  # the user's systemd, too, counts restarts
    user_systemctl("restart", WHOAMI)


class Followed:
    """As it was at the beginning, and how it differs now."""

    def __init__(self) -> None:
        self.supervisor = supervisor()
        self.proxy = proxy()
        self.netns = rootless_netns()
        self.user_namespace = self.proxy.namespace("user")
        self.journal = Journal()

    def story(self) -> list[str]:
        """The supervisor's lines by their kind; a line of no kind stands for itself."""
        def kind(line: str) -> str:
            return next((name for name, pattern in _LINES.items() if re.fullmatch(pattern, line)), line)
        return [kind(line) for line in self.journal.supervisor_lines() if _BARRIER not in line]

    def replaced(self) -> Process:
        """Waits for the one proxy that is left, in the new network, and for whoami to answer through it."""
        self.journal.wait_for("the stopped proxy exited", deadline=20)
        successor = proxy()
        assert successor.pid != self.proxy.pid
        assert successor.namespace("net") == rootless_netns() != self.netns
        wait_for("whoami to answer", web.serves_whoami)
        return successor

    def kept(self) -> None:
        """The same proxy in the same network, also after the supervisor has seen all that happened so far."""
        self._until_all_is_seen()
        assert proxy().pid == self.proxy.pid
        assert self.proxy.namespace("net") == rootless_netns() == self.netns
        wait_for("whoami to answer", web.serves_whoami)

    def _until_all_is_seen(self) -> None:
        """The supervisor takes changes in one after the other: it is made to see and tell another one."""
        seen = Journal()
        with changed_file(PAUSE_PID, ""):
            seen.wait_for(_BARRIER)
        wait_for("the status to be as before", lambda: show(CADDY, "StatusText") == "Proxy ready")


@contextmanager
def served_throughout() -> Iterator[Followed]:
    """Fails if the static site was not served at any moment of the block, or if the service was not active."""
    followed = Followed()
    with load(Stream(f"http://{web.STATIC}/file.txt", interval=0.02),
              Stream(f"https://{web.STATIC}/file.txt", interval=0.02, kept_alive=True)) as clients:
        yield followed
    assert all(stream.outcomes for stream in clients.streams)
    assert not clients.failures(), listed(clients.failures())
    assert supervisor() == followed.supervisor
    assert (active(CADDY), show(CADDY, "NRestarts")) == ("active", "0")
