"""The state that tests begin with, and the files that they must leave as they found them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .podman import start_whoami
from .systemd import CADDY, SOCKET, USER_MANAGER, active, systemctl
from .wait import wait_for
from .web import has_certificates

_WATCHED = ("/etc/rootless-supervisor", "/etc/systemd/system", "/run/systemd/system", "/srv/caddy/Caddyfile",
            "/srv/caddy/caddy_static")


def known_state(caddy: bool) -> None:
    """whoami answers, the sockets listen, and caddy.service has just been started, or is stopped."""
    if not caddy:
        systemctl("stop", CADDY)
    systemctl("reset-failed")
    systemctl("start", USER_MANAGER, SOCKET)
    start_whoami()
    if caddy:
        systemctl("restart", CADDY)
        wait_for("Caddy to have its certificates", has_certificates)


@contextmanager
def changed_file(path: Path, content: str) -> Iterator[None]:
    """Other content in the same file, for a while."""
    before = path.read_bytes()
    path.write_text(content)
    try:
        yield
    finally:
        path.write_bytes(before)


class Found:
    """How the machine was before the tests."""

    def __init__(self) -> None:
        self._active = [unit for unit in (SOCKET, CADDY) if active(unit) == "active"]
        self._files = self._read_files()

    def restore(self) -> None:
        known_state(caddy=CADDY in self._active)
        if SOCKET not in self._active:
            systemctl("stop", SOCKET)
        left = self._read_files()
        changed = {path for path in self._files.keys() | left.keys() if self._files.get(path) != left.get(path)}
        assert not changed, f"the tests left changed files behind: {sorted(changed)}"

    @staticmethod
    def _read_files() -> dict[str, bytes]:
        files = {}
        for start in map(Path, _WATCHED):
            for path in [start, *start.rglob("*")]:
                if path.is_file():
                    files[str(path)] = path.read_bytes()
        return files
