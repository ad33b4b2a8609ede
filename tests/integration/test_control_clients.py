"""Clients of the control socket that do what they should not: nobody else may suffer."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from harness import USER
from harness.command import run
from harness.control import (INTERFACE, Client, Refused, call, connected_as, connections, socket_of, status,
                             varlinkctl)
from harness.followed import restart_whoami, served_throughout
from harness.process import Process, supervisor
from harness.puppet import CONFIG as PUPPET_CONFIG
from harness.puppet import puppet_command
from harness.systemd import CADDY, active, main_pid, show, systemctl
from harness.wait import wait_for

PER_USER = 32
STRANGERS = 16


def memory(process: Process) -> int:
    """Resident, in bytes."""
    return int(process.status()["VmRSS"].split()[0]) * 1024


def cpu_seconds(process: Process) -> float:
    fields = (process.proc / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def many(count: int, name: str = "caddy") -> Iterator[list[Client]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Client(name)) for _ in range(count)]


def served(client: Client) -> bool:
    try:
        return client.call("GetStatus") is not None
    except (BrokenPipeError, ConnectionResetError):
        return False


@pytest.fixture
def refusing_puppet(puppet):
    """Its configuration is wrong, so that each Reload is one event and nothing else."""
    puppet.install(puppet_command("notify('READY=1')"))
    puppet.start()
    puppet.configure(PUPPET_CONFIG.read_text() + "\nnonsense = 1\n")
    return puppet


def reload_in_vain(client: Client, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            client.call("Reload")


def test_a_monitor_that_does_not_read_is_disconnected_and_the_others_hear_all(refusing_puppet):
    count = 4000
    before = memory(supervisor(refusing_puppet.unit))
    with Client("puppet") as stuck, Client("puppet") as reader, Client("puppet") as asking:
        stuck.monitor()
        reader.monitor()
        heard = []
        reading = threading.Thread(target=lambda: heard.extend(next(reader.events()) for _ in range(count)))
        reading.start()
        reload_in_vain(asking, count)
        reading.join(timeout=20)
        assert len(heard) == count
        assert memory(supervisor(refusing_puppet.unit)) - before < 8 << 20
        late = list(stuck.events())
        assert 0 < len(late) < count
    assert connections(main_pid(refusing_puppet.unit)) == 0
    assert status("puppet")["state"] == "running"


@pytest.mark.parametrize("method", ["GetStatus", "Restart"])
def test_a_client_that_asks_and_does_not_read_is_disconnected(fresh_caddy, method):
    before = memory(fresh_caddy)
    with connected_as("nobody") as client:
        message = json.dumps({"method": f"{INTERFACE}.{method}", "parameters": {}}).encode() + b"\0"
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100_000):
                client.socket.sendall(message)
    assert (status()["state"], status()["launches"]["request"]) == ("running", 0)
    assert memory(fresh_caddy) - before < 8 << 20


def test_one_user_cannot_take_all_connections(fresh_caddy):
    with many(PER_USER + 10) as clients:
        assert sum(served(client) for client in clients) == PER_USER
        assert varlinkctl("GetStatus", user="nobody").returncode == 0
        assert varlinkctl("GetStatus", user="test").returncode == 0
        wait_for("the others to be gone", lambda: connections(fresh_caddy.pid) == PER_USER)
    wait_for("the connections to be gone", lambda: connections(fresh_caddy.pid) == 0)
    assert status()["state"] == "running"


def test_strangers_together_leave_the_connections_of_root_and_of_the_user_alone(fresh_caddy):
    with ExitStack() as stack:
        clients = [stack.enter_context(connected_as(user)) for user in ("nobody", "daemon") for _ in range(12)]
        assert sum(served(client) for client in clients) == STRANGERS
        assert varlinkctl("GetStatus", user="nobody").returncode != 0
        assert varlinkctl("GetStatus", user="test").returncode == 0
        assert status()["state"] == "running"
    wait_for("the connections to be gone", lambda: connections(fresh_caddy.pid) == 0)
    assert varlinkctl("GetStatus", user="nobody").returncode == 0


def test_half_open_clients_take_no_more_than_their_user_may_have(fresh_caddy):
    """They connect and say nothing, or half of a message, or hang up halfway."""
    with many(PER_USER) as clients:
        for client in clients[::3]:
            client.socket.sendall(b'{"method":"io.roo')
        for client in clients[1::3]:
            client.socket.shutdown(socket.SHUT_WR)
        spent = cpu_seconds(fresh_caddy)
        time.sleep(1)  # what is measured: that the loop rests meanwhile
        assert cpu_seconds(fresh_caddy) - spent < 0.1
        assert varlinkctl("GetStatus", user="nobody").returncode == 0
    wait_for("the connections to be gone", lambda: connections(fresh_caddy.pid) == 0)


@contextmanager
def no_descriptor_left(process: Process) -> Iterator[None]:
    """The limit is the lowest number that is free."""
    def limit(soft: str) -> None:
        run("prlimit", f"--pid={process.pid}", f"--nofile={soft}:", user=USER)

    before = run("prlimit", f"--pid={process.pid}", "--nofile", "--output=SOFT", "--noheadings", user=USER)
    used = process.descriptors()
    limit(str(next(number for number in itertools.count() if number not in used)))
    try:
        yield
    finally:
        limit(before.strip())


def test_out_of_descriptors_clients_are_turned_away_and_the_listener_lives_on(fresh_caddy):
    with no_descriptor_left(fresh_caddy):
        spent = cpu_seconds(fresh_caddy)
        for _ in range(20):
            with Client() as client:
                assert client.receive() is None
        with many(10) as waiting:
            assert not any(served(client) for client in waiting)
        assert cpu_seconds(fresh_caddy) - spent < 0.5
    assert status()["state"] == "running"


def test_a_low_limit_on_descriptors_leaves_most_of_them_to_the_proxy(puppet):
    puppet.install(puppet_command("notify('READY=1')"), unit_lines="LimitNOFILE=48:48")
    puppet.start()
    with many(40, "puppet") as clients:
        assert sum(served(client) for client in clients) == 6  # a fourth, and of that one user half
    call("Restart", "puppet")


@pytest.mark.parametrize("garbage", [
    b"\0", b"\0\0\0\0", b"nonsense\0", b"{}\0", b"[]\0", b"null\0", b'{"method":1}\0', b'{"method":"x"}\0',
    b'{"method":"io.rootless.Supervisor.GetStatus","parameters":[]}\0', b"\xff\xfe\0",
    b'{"method":"io.rootless.Supervisor.Restart","parameters":{},"oneway":1}\0',
    b'{"method":"io.rootless.Supervisor.Nothing","parameters":{}}\0', b'{"a":' * 5000 + b"\0", b"GET / HTTP/1.0\r\n\r\n"],
    ids=lambda garbage: repr(garbage[:40]))
def test_garbage_is_refused_and_harms_nobody(caddy, garbage):
    with Client() as client:
        client.socket.sendall(garbage)
        client.socket.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.socket.recv(65536), b""))
        assert b'"error"' in answer or answer == b""
    assert (status()["state"], supervisor()) == ("running", caddy)


def test_a_message_above_16_mib_ends_its_connection_only(fresh_caddy):
    before = memory(fresh_caddy)
    with Client() as client, pytest.raises((BrokenPipeError, ConnectionResetError)):
        for _ in range(40):
            client.socket.sendall(b"x" * (1 << 20))
    assert status()["state"] == "running"
    assert memory(fresh_caddy) - before < 48 << 20
    assert connections(fresh_caddy.pid) == 0


def test_a_oneway_call_is_carried_out_and_not_answered(fresh_caddy):
    with Client() as client:
        client.send("Restart", oneway=True)
        assert client.call("GetStatus")["status"]["state"] == "replacing"
    wait_for("the successor", lambda: status()["launches"]["request"] == 1 and status()["state"] == "running")


def ask_until(done: threading.Event, client: Client) -> int:
    asked = 0
    with client:
        while not done.wait(0.1):
            assert client.call("GetStatus")["status"]["name"] == "caddy"
            assert client.call("GetMetrics")["metrics"].endswith("# EOF\n")
            asked += 1
    return asked


def heard_of_one_replacement() -> list[str]:
    with Client() as client:
        client.monitor()
        texts = []
        for reply in client.events():
            texts.append(reply["event"]["text"])
            if texts[-1].startswith("the stopped proxy"):
                break
    return texts


def test_fifty_clients_while_the_network_is_recreated(fresh_caddy):
    """10 monitor, 40 of three users ask all the time; they get their answers, and no request to Caddy is lost."""
    done = threading.Event()
    asking = [Client() for _ in range(15)] + [connected_as(user) for user in 15 * [USER] + 10 * ["nobody"]]
    with ThreadPoolExecutor(50) as pool:
        try:
            with served_throughout() as caddy:
                monitors = [pool.submit(heard_of_one_replacement) for _ in range(10)]
                answers = [pool.submit(ask_until, done, client) for client in asking]
                wait_for("all to be connected", lambda: connections(fresh_caddy.pid) >= 50)
                restart_whoami()
                caddy.replaced()
        finally:
            done.set()
        assert all(future.result(timeout=20) for future in answers)
        heard = [future.result(timeout=20) for future in monitors]
    assert all(texts == heard[0] for texts in heard)
    assert status()["launches"]["network"] == 1


def test_the_service_stops_at_once_whatever_its_clients_do(refusing_puppet):
    """One reads, one does not, one waits for an answer, one has said half a word."""
    with many(4, "puppet") as (reader, stuck, waiting, half), Client("puppet") as asking:
        reader.monitor()
        stuck.monitor()
        reload_in_vain(asking, 200)
        assert all(next(reader.events()) for _ in range(200))
        half.socket.sendall(b'{"method"')
        waiting.send("Monitor", more=True)
        began = time.monotonic()
        systemctl("stop", refusing_puppet.unit)
        assert time.monotonic() - began < 3
        assert (active(refusing_puppet.unit), show(refusing_puppet.unit, "Result")) == ("inactive", "success")
        last = [reply["event"]["text"] for reply in reader.events()][-1]
        assert last == "stopped"
        assert half.receive() is None
        assert waiting.receive()["status"]["name"] == "puppet"
    assert not socket_of("puppet").exists()


def test_the_service_uses_no_connection_of_its_clients_for_itself(fresh_caddy):
    """What was asked before a restart of the service is gone with it; the next one listens again."""
    with Client() as client:
        client.monitor()
        systemctl("restart", CADDY)
        assert [reply["event"]["state"] for reply in client.events()][-1] == "stopped"
    assert status()["launches"]["start"] == 1
