"""The control socket: by varlinkctl, as anybody would use it, and byte by byte."""

import contextlib
import json
import os
import pwd
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .command import Answer, attempt, run

INTERFACE = "io.rootless.Supervisor"
DENIED = "org.varlink.service.PermissionDenied"


def socket_of(name: str = "caddy") -> Path:
    return Path(f"/run/rootless-supervisor/{name}/control")


def varlinkctl(method: str, name: str = "caddy", prefix: tuple[str, ...] = (), **options) -> Answer:
    return attempt(*prefix, "varlinkctl", "call", str(socket_of(name)), f"{INTERFACE}.{method}", "{}", **options)


def call(method: str, name: str = "caddy", **options) -> dict:
    """The answer of a call that must succeed. From 262 on varlinkctl prints nothing for no parameters."""
    answer = run("varlinkctl", "call", str(socket_of(name)), f"{INTERFACE}.{method}", "{}", **options)
    return json.loads(answer or "{}")


def is_denied(stderr: str) -> bool:
    """Does varlinkctl say so? By the error's name, and since 262 in words."""
    return DENIED in stderr or "failed: Permission denied" in stderr


def status(name: str = "caddy") -> dict:
    return call("GetStatus", name)["status"]


def serving(name: str = "caddy") -> dict:
    return next(proxy for proxy in status(name)["proxies"] if proxy["role"] == "serving")


class Refused(Exception):
    """A varlink error: .error is its name, .parameters what came with it."""

    def __init__(self, error: str, parameters: dict) -> None:
        super().__init__(error, parameters)
        self.error = error.removeprefix(f"{INTERFACE}.")
        self.parameters = parameters


class Client:
    """One connection."""

    def __init__(self, name: str = "caddy", timeout: float = 20, connection: socket.socket | None = None) -> None:
        self.socket = connection or socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        if not connection:
            self.socket.connect(str(socket_of(name)))
        self._read = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, method: str, parameters: dict | None = None, **flags: bool) -> None:
        message = {"method": f"{INTERFACE}.{method}", "parameters": parameters or {}, **flags}
        self.socket.sendall(json.dumps(message).encode() + b"\0")

    def receive(self) -> dict | None:
        """The parameters of the next reply; nothing once the server has closed."""
        while b"\0" not in self._read:
            try:
                chunk = self.socket.recv(1 << 16)
            except ConnectionResetError:
                return None
            if not chunk:
                return None
            self._read += chunk
        message, _, self._read = self._read.partition(b"\0")
        reply = json.loads(message)
        if "error" in reply:
            raise Refused(reply["error"], reply.get("parameters", {}))
        return reply.get("parameters", {})

    def call(self, method: str, parameters: dict | None = None) -> dict | None:
        self.send(method, parameters)
        return self.receive()

    def monitor(self) -> dict:
        """Begins to monitor; returns the status that comes first."""
        self.send("Monitor", more=True)
        first = self.receive()
        assert first["event"] is None
        return first["status"]

    def events(self) -> Iterator[dict]:
        while reply := self.receive():
            yield reply


def connected_as(user: str, name: str = "caddy") -> Client:
    """A connection that a process of the user made (SO_PEERCRED is of connect(2)), which has ended since."""
    connection = socket.socket(socket.AF_UNIX)
    code = f"import socket; socket.socket(fileno={connection.fileno()}).connect({str(socket_of(name))!r})"
    subprocess.run(["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups",
                    "python3", "-I", "-c", code], pass_fds=[connection.fileno()], check=True)
    return Client(connection=connection)


def connections(pid: int) -> int:
    """How many clients the supervisor holds: its sockets that are bound to the path of the control socket."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            inodes.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
    with open("/proc/net/unix") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    connected = "03"
    return sum(row[5] == connected and f"socket:[{row[6]}]" in inodes for row in rows
               if len(row) == 8 and row[7].endswith("/control"))


def checks(name: str = "caddy") -> dict[str, dict]:
    """What Explain says, by what is checked."""
    return {check["what"]: check for check in call("Explain", name)["checks"]}
