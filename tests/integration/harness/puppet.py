"""A unit of the tests' own: the shipped caddy.service, but around a proxy that does what the test tells it to.

It is called `puppet` and has its own configuration, no sockets and none of Caddy's files. What runs in it is
puppet_proxy.py, which evaluates Python for the test from inside the proxy's sandbox.
"""

import errno
import json
import shutil
import socket
from pathlib import Path

from . import USER
from .command import Answer, run
from .process import Process, proxy
from .systemd import CADDY, processes_of, show, systemctl, try_start
from .wait import wait_for

UNIT = "puppet.service"
CONFIG = Path("/etc/rootless-supervisor/puppet.toml")
NOTIFY_SOCKET = "/run/rootless-supervisor/puppet/notify"

_PROGRAM = Path("/srv/puppet/proxy.py")
_PROGRAM_HERE = Path(__file__).with_name("puppet_proxy.py")
_STRINGS = "/run/rootless-supervisor/puppet/strings"
_UNIT_FILE = Path("/run/systemd/system") / UNIT
_DROP_IN = Path("/run/systemd/system/puppet.service.d/test.conf")
_SHIPPED_UNIT = Path("/etc/systemd/system") / CADDY
_OF_CADDY_ALONE = ("Requires=", "After=", "AssertPath", "ReadWritePaths=")


def puppet_command(*statements: str) -> str:
    """TOML for a proxy that carries out the statements once it listens to the test."""
    return "command = " + json.dumps(["/usr/bin/python3", "-I", str(_PROGRAM), *statements])


class Puppet:
    unit = UNIT

    def __init__(self) -> None:
        _PROGRAM.parent.mkdir(exist_ok=True)
        shutil.copy(_PROGRAM_HERE, _PROGRAM)
        shipped = _SHIPPED_UNIT.read_text().splitlines(keepends=True)
        _UNIT_FILE.write_text("".join(line for line in shipped if not line.startswith(_OF_CADDY_ALONE)))
        self._drop_in("Restart=no")

    def remove(self) -> None:
        self.rest()
        _UNIT_FILE.unlink()
        shutil.rmtree(_DROP_IN.parent)
        shutil.rmtree(_PROGRAM.parent)
        systemctl("daemon-reload")

    def rest(self) -> None:
        """Stops it, quickly, and forgets what a test wanted of it."""
        if processes_of(UNIT):
            systemctl("kill", "--signal=SIGKILL", UNIT)
        systemctl("stop", UNIT)
        if _DROP_IN.read_text() != self._usual_drop_in:
            self._drop_in("Restart=no")
        shutil.copy(_PROGRAM_HERE, _PROGRAM)
        CONFIG.unlink(missing_ok=True)

    def install(self, proxy_section: str, podman_section: str = "", unit_lines: str = "") -> None:
        """Writes its configuration; `unit_lines` go into a drop-in of section [Service]."""
        self.configure(f"[proxy]\n{proxy_section}\n[podman]\n{podman_section}\n")
        if unit_lines:
            self._drop_in(f"Restart=no\n{unit_lines}")

    def program(self, text: str) -> None:
        """Puts something else where the puppet's program is."""
        _PROGRAM.write_text(text)
        _PROGRAM.chmod(0o755)

    def configure(self, text: str) -> None:
        CONFIG.write_text(text)
        CONFIG.chmod(0o644)

    _usual_drop_in = "[Service]\nRestart=no\n"

    @staticmethod
    def _drop_in(lines: str) -> None:
        _DROP_IN.parent.mkdir(exist_ok=True)
        _DROP_IN.write_text(f"[Service]\n{lines}\n")
        systemctl("daemon-reload")

    def start(self) -> None:
        systemctl("start", UNIT)

    def try_start(self) -> Answer:
        return try_start(UNIT)

    def begin_to_start(self) -> None:
        """The start job is queued; the unit may not even be activating yet."""
        systemctl("start", "--no-block", UNIT)

    def show(self, name: str) -> str:
        return show(UNIT, name)

    def process(self) -> Process:
        return proxy(UNIT)

    def do(self, statement: str) -> None:
        code = self._pull("do", statement).get("errno")
        assert code is None, f"{statement!r} failed with {errno.errorcode[code]} in the puppet"

    def evaluate(self, expression: str):
        """Its value as JSON carries it: tuples become lists, what JSON has no word for becomes its repr()."""
        return self._pull("evaluate", expression)["value"]

    def errno_of(self, expression: str) -> str:
        """Such as EROFS; empty where the expression raises no OSError."""
        code = self._pull("evaluate", expression).get("errno")
        return errno.errorcode[code] if code else ""

    def leave(self, status: int = 0) -> None:
        """Lets it exit; returns before it has."""
        self.do(f"after_answer = {status}")

    def _pull(self, how: str, text: str) -> dict:
        with wait_for("the puppet to listen", self._connect) as strings:
            strings.sendall(json.dumps([how, text]).encode())
            strings.shutdown(socket.SHUT_WR)
            answer = json.loads(b"".join(iter(lambda: strings.recv(4096), b"")))
        assert "failure" not in answer, f"the puppet cannot do {text!r}: {answer['failure']}"
        return answer

    @staticmethod
    def _connect() -> socket.socket | None:
        strings = socket.socket(socket.AF_UNIX)
        strings.settimeout(10)
        try:
            strings.connect(_STRINGS)
        except (FileNotFoundError, ConnectionRefusedError):
            strings.close()
            return None
        return strings


def notify_as_stranger(message: str, user: str = USER) -> None:
    """Writes to the supervisor's notify socket from a process that is not the proxy."""
    datagram = f"{message.encode()!r}, {NOTIFY_SOCKET!r}"
    code = f"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto({datagram})"
    run("python3", "-c", code, user=user)
