"""Each proxy accepts at sockets of its own, and no connection is left where nobody accepts."""

import os
import signal
import socket
from pathlib import Path

from harness import web
from harness.journal import Journal
from harness.process import Process, proxy, supervisor
from harness.state import changed_file
from harness.systemd import CADDY, SOCKET, active, systemctl
from harness.wait import wait_for

REQUEST = f"GET /file.txt HTTP/1.1\r\nHost: {web.STATIC}\r\nConnection: close\r\n\r\n".encode()
SOCKET_UNIT = Path("/etc/systemd/system") / SOCKET
HTTP, HTTPS, HTTP3, ADMIN = 3, 4, 5, 6


def ask() -> socket.socket:
    """Sends a request to port 80 and does not wait for the answer; the kernel takes it, whoever accepts or not."""
    client = socket.create_connection(("127.0.0.1", 80), timeout=20)
    client.sendall(REQUEST)
    return client


def status_lines(clients: list[socket.socket]) -> set[bytes]:
    lines = set()
    for client in clients:
        with client, client.makefile("rb") as answer:
            lines.add(answer.readline())
    return lines


ANSWERED = {b"HTTP/1.1 200 OK\r\n"}


def inodes(process: Process) -> dict[int, str]:
    return {fd: process.descriptors()[fd] for fd in (HTTP, HTTPS, HTTP3, ADMIN)}


def replaced() -> Process:
    old, journal = proxy(), Journal()
    systemctl("reload", CADDY)
    wait_for("the old proxy to be gone", old.gone)
    assert "the proxy is ready" in " ".join(journal.supervisor_lines())
    return proxy()


def test_a_successor_gets_the_other_socket_of_each_port(fresh_caddy):
    first = inodes(proxy())
    second = inodes(replaced())
    assert [fd for fd in first if first[fd] == second[fd]] == [ADMIN]
    assert inodes(replaced()) == first


def test_a_proxy_that_crashed_is_followed_where_its_connections_wait(fresh_caddy):
    before = inodes(proxy())
    os.kill(supervisor().pid, signal.SIGSTOP)  # so that nobody launches anything before the clients are there
    try:
        crashed = proxy()
        os.kill(crashed.pid, signal.SIGKILL)
        wait_for("the proxy to be dead", lambda: crashed.status()["State"].startswith("Z"))
        clients = [ask() for _ in range(8)]
    finally:
        os.kill(supervisor().pid, signal.SIGCONT)
    assert status_lines(clients) == ANSWERED
    assert inodes(proxy()) == before


def test_connections_from_before_the_service_are_answered_wherever_they_wait(idle):
    """The kernel spreads them over both sockets of the port: nobody has told it yet where to."""
    systemctl("restart", SOCKET)
    clients = [ask() for _ in range(16)]  # the first one starts the service
    assert status_lines(clients) == ANSWERED
    assert active(CADDY) == "active"


def test_connections_to_a_stopped_proxy_are_answered(fresh_caddy):
    stopped = proxy()
    os.kill(stopped.pid, signal.SIGSTOP)
    clients = [ask() for _ in range(8)]
    assert status_lines(clients) == ANSWERED
    wait_for("the stopped proxy to be gone", stopped.gone)


def test_a_service_that_is_restarted_finds_the_connections_that_came_meanwhile(fresh_caddy):
    replaced()  # new connections go to the second sockets now
    systemctl("kill", "--signal=SIGSTOP", "--kill-whom=all", CADDY)
    clients = [ask() for _ in range(8)]
    systemctl("kill", "--signal=SIGKILL", "--kill-whom=all", CADDY)  # systemd starts the service anew
    assert status_lines(clients) == ANSWERED


def test_ports_that_are_listed_once_are_shared_as_before(idle):
    """Units from before: no ReusePort=, one socket for each address."""
    lines = SOCKET_UNIT.read_text().splitlines()
    once = [line for i, line in enumerate(lines) if line != "ReusePort=yes" and (not line or line not in lines[:i])]
    try:
        with changed_file(SOCKET_UNIT, "\n".join(once) + "\n"):
            systemctl("daemon-reload")
            systemctl("restart", SOCKET)
            systemctl("start", CADDY)
            first = inodes(proxy())
            assert inodes(replaced()) == first
            assert status_lines([ask()]) == ANSWERED
    finally:
        systemctl("stop", CADDY)
        systemctl("daemon-reload")
        systemctl("restart", SOCKET)


def test_a_port_that_is_listed_once_among_others_is_told(idle, journal):
    text = SOCKET_UNIT.read_text().replace("ListenStream=[::]:80\n", "", 1)
    try:
        with changed_file(SOCKET_UNIT, text):
            systemctl("daemon-reload")
            systemctl("restart", SOCKET)
            systemctl("start", CADDY)
            told = [line for line in journal.supervisor_lines() if "listed once" in line]
            assert len(told) == 1 and told[0].startswith("[::]:80 is listed once in its socket unit")
            assert web.serves_whoami()
    finally:
        systemctl("stop", CADDY)
        systemctl("daemon-reload")
        systemctl("restart", SOCKET)
