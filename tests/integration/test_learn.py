"""A profile learned from a running proxy, inside the unit, and the proxy under it afterwards."""

import json
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import control, web
from harness.command import attempt, run
from harness.control import Client, Refused
from harness.journal import Journal
from harness.process import proxy
from harness.puppet import UNIT, puppet_command
from harness.state import changed_file, known_state
from harness.systemd import CADDY, systemctl
from harness.wait import wait_for

CONFIG = Path("/etc/rootless-supervisor/caddy.toml")
LEARNED = Path("/etc/rootless-supervisor/policy/learned.toml")
SECOND = 1_000_000
READY = puppet_command("libc = ctypes.CDLL(None, use_errno=True)", """
def ipc(function, *arguments):
    if getattr(libc, function)(*arguments) < 0: raise OSError(ctypes.get_errno(), function)
""", "notify('READY=1')")


@contextmanager
def learning(name: str, seconds: int) -> Iterator[Client]:
    """From the moment on at which the observed proxy serves. The answer is the client's to receive."""
    before = control.serving(name)["pid"]
    with Client(name, timeout=60) as client:
        client.send("Learn", {"forUSec": seconds * SECOND})
        wait_for("the observed proxy to serve", lambda: serves_instead(name, before), deadline=30)
        yield client


def serves_instead(name: str, before: int) -> bool:
    return any(each["role"] == "serving" and each["pid"] != before for each in control.status(name)["proxies"])


def calls_in(profile: str) -> dict[str, set[str]]:
    """Names by action."""
    found: dict[str, set[str]] = {}
    for entry in tomllib.loads(profile)["calls"]:
        found.setdefault(entry["action"], set()).update(entry["names"])
    return found


def use_caddy() -> None:
    for options in (["--http1.1"], ["--http2"], ["--http3-only"]):
        answer = web.get(f"https://{web.WHOAMI}/", "127.0.0.1", *options)
        assert answer.status == 200, options


@pytest.fixture
def learned_file() -> Iterator[Path]:
    LEARNED.parent.mkdir()
    yield LEARNED
    LEARNED.unlink(missing_ok=True)
    LEARNED.parent.rmdir()


def test_caddy_runs_on_what_was_learned_from_it(idle, learned_file):
    known_state(caddy=True)
    command = ["rootless-supervisor", "policy", "learn", "caddy", "--for", "8s"]
    before = control.serving()["pid"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as learner:
        wait_for("the observed Caddy to serve", lambda: serves_instead("caddy", before), deadline=30)
        use_caddy()
        profile, said = learner.communicate(timeout=60)
    assert learner.returncode == 0, said
    calls = calls_in(profile)
    assert {"accept4", "execve", "restart_syscall", "clone", "socket"} <= calls["allow"]
    assert {"ptrace", "mount"} <= calls["kill"]
    assert not calls["allow"] & {"mknod", "msgget", "symlink", "setuid"}
    learned_file.write_text(profile)
    assert run("rootless-supervisor", "policy", "check", str(learned_file))
    with changed_file(CONFIG, f"{CONFIG.read_text()}\n[policy]\nprofile = 'learned'\n"):
        mark = Journal()
        systemctl("restart", CADDY)
        use_caddy()
        systemctl("reload", CADDY)
        use_caddy()
        assert control.status()["policy"]["profile"] == "learned"
        assert [line for line in mark.supervisor_lines() if "refused" in line or "SIGSYS" in line] == []
    known_state(caddy=False)


@pytest.fixture
def observed(puppet):
    puppet.install(READY)
    puppet.start()
    return puppet


def test_a_proxy_may_do_more_while_it_is_observed_and_no_more_afterwards(observed):
    assert observed.errno_of("ipc('msgget', 0, 0)") == "EPERM"
    with learning("puppet", 2) as client:
        assert observed.errno_of("ipc('msgget', 0, 0o600)") == ""
        assert observed.errno_of("socket.socketpair(socket.AF_PACKET)") == "EPERM"
        answer = client.receive()
    assert answer["refused"] == ["msgget", f"socketpair (AF_PACKET, {socket.SOCK_STREAM | socket.SOCK_CLOEXEC}, 0)"]
    assert "msgget" in calls_in(answer["profile"])["allow"]
    assert "# What was used although profile generic refuses it." in answer["profile"]
    wait_for("the usual proxy to answer", lambda: observed.errno_of("ipc('msgget', 0, 0)") == "EPERM")
    assert control.status("puppet")["state"] == "running"


def test_a_way_out_stays_shut_while_the_proxy_is_observed(observed):
    with learning("puppet", 2) as client:
        assert observed.errno_of("ipc('unshare', 0x10000000)") == "EPERM"
        answer = client.receive()
    assert "unshare" in answer["refused"]
    assert "unshare" in calls_in(answer["profile"])["kill"]


def test_only_one_learns_at_a_time_and_others_hear_so(observed):
    with learning("puppet", 3) as client, Client("puppet") as other:
        with pytest.raises(Refused) as refused:
            other.call("Learn", {"forUSec": SECOND})
        assert refused.value.error == "AlreadyLearning"
        assert "profile" in client.receive()


def test_it_ends_when_the_client_goes_away(observed):
    with learning("puppet", 600):
        observed_pid = control.serving("puppet")["pid"]
    wait_for("the usual proxy to serve", lambda: serves_instead("puppet", observed_pid))
    wait_for("it to refuse again", lambda: observed.errno_of("ipc('msgget', 0, 0)") == "EPERM")


def test_it_ends_when_the_proxy_does(observed):
    with learning("puppet", 600) as client:
        run("kill", "-KILL", str(control.serving("puppet")["pid"]))
        with pytest.raises(Refused) as refused:
            client.receive()
        assert refused.value.error == "ProxyFailed"
        assert refused.value.parameters["reason"] == "the observed proxy was killed by SIGKILL"
    wait_for("another to serve", lambda: control.status("puppet")["state"] == "running")
    assert observed.errno_of("ipc('msgget', 0, 0)") == "EPERM"


def test_it_ends_when_the_service_stops(observed):
    with learning("puppet", 600) as client:
        systemctl("stop", UNIT)
        with pytest.raises(Refused) as refused:
            client.receive()
        assert refused.value.error == "Stopping"


@pytest.mark.parametrize("usec", [0, 1, 2 * 3600 * SECOND])
def test_times_that_make_no_sense_are_refused(observed, usec):
    with Client("puppet") as client, pytest.raises(Refused) as refused:
        client.call("Learn", {"forUSec": usec})
    assert refused.value.error == "org.varlink.service.InvalidParameter"


def test_strangers_may_not_learn(observed):
    parameters = json.dumps({"forUSec": SECOND})
    answer = attempt("varlinkctl", "call", str(control.socket_of("puppet")), f"{control.INTERFACE}.Learn", parameters,
                     user="nobody")
    assert answer.returncode != 0
    assert control.is_denied(answer.stderr)
    assert proxy(UNIT).pid == control.serving("puppet")["pid"]
