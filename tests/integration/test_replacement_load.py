"""A steady stream of requests while the proxy is replaced: by twenty recreated networks, and on request."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import USER, web
from harness.command import run
from harness.followed import restart_whoami
from harness.journal import Journal
from harness.load import Load, Stream, listed, load
from harness.podman import WHOAMI, whoami_answers
from harness.process import proxy, supervisor
from harness.state import changed_file
from harness.systemd import CADDY, active, show, systemctl
from harness.wait import wait_for

pytestmark = pytest.mark.usefixtures("fresh_caddy")

STATIC = f"{web.STATIC}/file.txt"
INTERVAL = 0.06  # of each of the streams: together they ask a hundred times a second
SHORT_HANDOVER = 0.3  # for so long the old proxy answers those who are connected to it, with 502
CONFIG = Path("/etc/rootless-supervisor/caddy.toml")


def streams() -> list[Stream]:
    return [Stream(f"http://{STATIC}", interval=INTERVAL),
            Stream(f"https://{STATIC}", interval=INTERVAL),
            Stream(f"https://{STATIC}", kept_alive=True, interval=INTERVAL),
            Stream(f"http://{web.WHOAMI}/", kept_alive=True, interval=INTERVAL),
            Stream(f"https://{web.WHOAMI}/", interval=INTERVAL),
            Stream(f"https://{web.WHOAMI}/", kept_alive=True, interval=INTERVAL)]


@dataclass(frozen=True)
class Absence:
    """Of the container; in seconds of time.monotonic()."""

    begin: float   # it is asked to stop
    up: float      # Podman says that the new one runs
    served: float  # it answers, and no proxy is left that was not in its network


def recreate() -> Absence:
    journal = Journal()
    begin = time.monotonic()
    restart_whoami()
    up = int(run("systemctl", "--user", "show", "--value", "--property=ActiveEnterTimestampMonotonic", WHOAMI,
                 user=USER)) / 1e6
    wait_for("whoami to answer in its own network", whoami_answers)
    answered = time.monotonic()
    ready = int(journal.wait_for("the proxy is ready")["__MONOTONIC_TIMESTAMP"]) / 1e6
    wait_for("whoami to answer through the proxy", web.serves_whoami)
    return Absence(begin, up, max(ready + SHORT_HANDOVER, answered))


def test_twenty_recreations_fail_no_request_but_those_for_the_missing_container():
    with load(*streams()) as clients:
        absences = [recreate() for _ in range(20)]
    failures = clients.failures()
    # Where there is no container the proxy says so; it never leaves a client without an answer.
    unexpected = [failure for failure in failures if web.WHOAMI not in failure.stream or failure.failure != "status 502"
                  or not any(failure.during(absence.begin, absence.served) for absence in absences)]
    assert not unexpected, listed(unexpected)
    assert failures, "no request met a missing container: the streams are too thin to show anything"
    # Caddy's own start takes a tenth of it; the rest is for a busy machine.
    assert max(absence.served - absence.up for absence in absences) < 2
    # The old one may have to wait for requests that it sent to where the container was.
    wait_for("one proxy to be left", lambda: len(supervisor().children()) == 1)
    assert (active(CADDY), show(CADDY, "NRestarts")) == ("active", "0")


def replace_five_times(clients: Load) -> None:
    for _ in range(5):
        before, journal = proxy(), Journal()
        os.kill(supervisor().pid, signal.SIGHUP)
        journal.wait_for("the stopped proxy exited with status 0")
        assert proxy() != before
        asked = len(clients.outcomes())
        wait_for("more requests", lambda: len(clients.outcomes()) > asked + 20)


def test_five_replacements_on_request_fail_no_request():
    with load(*streams()) as clients:
        replace_five_times(clients)
    assert not clients.failures(), listed(clients.failures())
    # Each replacement closes the connections that are kept alive, once.
    assert all(stream.reconnected <= 5 for stream in clients.streams)


@contextmanager
def download(size: int = 20_000_000, rate: str = "5M") -> Iterator[tuple[subprocess.Popen, Path]]:
    """Of a large file, slowly: as it begins, with the file that it goes to."""
    source, target = Path("/srv/caddy/caddy_static/large"), Path("/run/a-download")
    with source.open("wb") as file:
        file.truncate(size)
    command = web.curl_arguments(f"https://{web.STATIC}/large", "127.0.0.1", "--limit-rate", rate,
                                 "--output", str(target))
    try:
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as client:
            wait_for("the download to begin", lambda: target.exists() and target.stat().st_size > 0)
            yield client, target
            client.kill()
    finally:
        source.unlink()
        target.unlink(missing_ok=True)


def test_a_download_goes_on_while_the_successor_serves_already():
    old = proxy()
    with download() as (client, target):
        systemctl("reload", CADDY)
        assert web.serves_whoami()
        assert sorted(supervisor().children())[0] == old.pid
        assert client.poll() is None
        assert client.wait(timeout=20) == 0
        assert target.stat().st_size == 20_000_000
    wait_for("the old proxy to be gone", old.gone)


def test_a_download_that_outlasts_the_drain_timeout_is_cut_off(journal):
    old = proxy()
    text = CONFIG.read_text().replace("[podman]", 'drain_timeout = "500ms"\n[podman]')
    with changed_file(CONFIG, text), download() as (client, target):
        systemctl("reload", CADDY)
        journal.wait_for("the proxy does not stop; killing it")
        wait_for("the old proxy to be gone", old.gone)
        assert client.wait(timeout=10) != 0
        assert web.serves_whoami()
        assert (active(CADDY), show(CADDY, "NRestarts")) == ("active", "0")


def http3(*options: str) -> list[str]:
    asked = ("--http3-only", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}\n", *options)
    return web.curl_arguments(f"https://{STATIC}", "127.0.0.1", *asked)


def test_new_http3_connections_reach_the_successor():
    """One that is under way when the old proxy is asked to stop may fail; the next one may not."""
    journal = Journal()
    failed, late = [], 0
    systemctl("reload", CADDY)
    ready = journal.wait_for("the proxy is ready")
    handed_over = int(ready["__MONOTONIC_TIMESTAMP"]) / 1e6 + 2
    while late < 10:
        begin = time.monotonic()
        late += begin > handed_over
        client = subprocess.run(http3(), capture_output=True, text=True, check=False)
        if client.stdout != "3 200\n":
            failed.append((begin, client.stdout))
            assert subprocess.run(http3(), capture_output=True, text=True, check=False).stdout == "3 200\n", failed
    assert not [begin for begin, _ in failed if begin > handed_over]


def test_an_http3_connection_ends_with_its_proxy_and_the_client_makes_another():
    """The old proxy closes it; packets of one QUIC connection cannot go to two processes."""
    twice_on_one_connection = http3("--rate", "20/m", f"https://{STATIC}", "--output", "/dev/null")
    with subprocess.Popen(twice_on_one_connection, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout.readline() == "3 200\n"
        systemctl("reload", CADDY)
        assert client.stdout.read() == "3 200\n"
        assert client.wait(timeout=20) == 0
