"""A steady stream of requests, and what became of each.

A client here does what RFC 9112, section 9.3.1 expects of every client: when a connection that it has used before is
closed before any byte of an answer, it asks again on a new one. A new connection that is refused, or closed without
an answer, is a failure.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import web

_ADDRESS = "127.0.0.1"
_PATIENCE = 10  # seconds that a request may take


@dataclass(frozen=True)
class Outcome:
    stream: str
    begin: float  # seconds, time.monotonic()
    end: float
    failure: str  # empty: answered as it should be

    def during(self, begin: float, end: float) -> bool:
        return self.begin <= end and self.end >= begin

    def __str__(self) -> str:
        return f"{self.stream} at {self.begin:.3f} s for {(self.end - self.begin) * 1000:.0f} ms: {self.failure}"


class _Connection(http.client.HTTPConnection):
    """To this machine, whatever the name; HTTPS with the certificate checked."""

    def __init__(self, host: str, tls: bool) -> None:
        super().__init__(host, 443 if tls else 80, timeout=_PATIENCE)
        self._context = ssl.create_default_context(cafile=web.AUTHORITY) if tls else None

    def connect(self) -> None:
        self.sock = socket.create_connection((_ADDRESS, self.port), self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


@dataclass
class Stream:
    """Asks for one URL, at an interval, each time on a new connection or as long as possible on one."""

    url: str
    kept_alive: bool = False
    interval: float = 0.05
    outcomes: list[Outcome] = field(default_factory=list)
    reconnected: int = 0

    def __post_init__(self) -> None:
        scheme, _, rest = self.url.partition("://")
        host, _, path = rest.partition("/")
        self.name = f"{self.url}{' kept alive' if self.kept_alive else ''}"
        self._path = f"/{path}"
        self._connection = _Connection(host, scheme == "https")
        self._headers = {} if self.kept_alive else {"Connection": "close"}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(max(0, due - time.monotonic())):
            due = max(due + self.interval, time.monotonic())
            begin = time.monotonic()
            failure = self._ask()
            self.outcomes.append(Outcome(self.name, begin, time.monotonic(), failure))

    def _ask(self) -> str:
        used_before = self._connection.sock is not None
        try:
            return self._exchange()
        except (ConnectionError, ssl.SSLError) as closed:
            self._connection.close()
            if not used_before or isinstance(closed, ConnectionRefusedError):
                return repr(closed)
        except OSError as error:
            self._connection.close()
            return repr(error)
        self.reconnected += 1
        return self._ask()

    def _exchange(self) -> str:
        self._connection.request("GET", self._path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            return f"status {answer.status}"
        return "" if body else "an empty body"


@dataclass
class Load:
    streams: list[Stream]

    def outcomes(self) -> list[Outcome]:
        return [outcome for stream in self.streams for outcome in list(stream.outcomes)]

    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes() if outcome.failure]


@contextmanager
def load(*streams: Stream) -> Iterator[Load]:
    """Runs the streams at the same time, until the end of the block."""
    for stream in streams:
        stream.start()
    try:
        yield Load(list(streams))
    finally:
        for stream in streams:
            stream.stop()


def listed(outcomes: list[Outcome]) -> str:
    return "\n".join(map(str, outcomes))
