"""Processes as /proc shows them."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .systemd import main_pid

CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


@dataclass(frozen=True)
class Process:
    pid: int

    @property
    def proc(self) -> Path:
        return Path(f"/proc/{self.pid}")

    def status(self) -> dict[str, str]:
        lines = (self.proc / "status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def capabilities(self) -> dict[str, int]:
        status = self.status()
        return {name: int(status[name], 16) for name in CAPABILITY_SETS}

    def environment(self) -> dict[str, str]:
        entries = (self.proc / "environ").read_text().split("\0")
        return {name: value for name, _, value in (entry.partition("=") for entry in entries if entry)}

    def namespace(self, kind: str) -> str:
        """Such as net:[4026532931]."""
        return os.readlink(self.proc / "ns" / kind)

    def descriptors(self) -> dict[int, str]:
        return {int(link.name): os.readlink(link) for link in (self.proc / "fd").iterdir()}

    def cgroup(self) -> str:
        """In the unified hierarchy."""
        lines = (self.proc / "cgroup").read_text().splitlines()
        return next(line.removeprefix("0::") for line in lines if line.startswith("0::"))

    def parent(self) -> int:
        return int(self.status()["PPid"])

    def children(self) -> list[int]:
        return [int(pid) for pid in (self.proc / f"task/{self.pid}/children").read_text().split()]

    def mounts(self) -> list[dict[str, str]]:
        """proc_pid_mountinfo(5), as far as the tests look: where, options, file system."""
        mounts = []
        for line in (self.proc / "mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            fields = before.split()
            mounts.append({"at": fields[4], "options": fields[5], "type": after.split()[0]})
        return mounts

    def gone(self) -> bool:
        return not self.proc.exists()


def supervisor(unit: str = "caddy.service") -> Process:
    return Process(main_pid(unit))


def proxy(unit: str = "caddy.service") -> Process:
    children = supervisor(unit).children()
    assert len(children) == 1, f"the supervisor of {unit} has {len(children)} children, not just the proxy"
    return Process(children[0])


def of_proxies[T](look: Callable[[Process], T], unit: str = "caddy.service") -> list[T]:
    """What is seen of each, except of those that end before they are looked at."""
    seen = []
    for pid in supervisor(unit).children():
        with suppress(FileNotFoundError, ProcessLookupError):
            seen.append(look(Process(pid)))
    return seen
