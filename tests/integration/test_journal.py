"""What the supervisor writes: fields in the journal, plain lines elsewhere."""

import os
import pwd
import signal
import subprocess

import pytest

from harness import USER
from harness.command import command_line, run
from harness.podman import gateway, pause_process, stop_whoami
from harness.process import proxy, supervisor
from harness.puppet import CONFIG
from harness.systemd import CADDY, show, systemctl
from harness.wait import wait_for


def test_lines_about_a_running_proxy_carry_its_network_its_pid_and_the_state(idle, journal):
    systemctl("start", CADDY)
    ready = journal.wait_for("the proxy is ready")
    caddy = proxy()
    assert f"[{ready['NETNS']}]" == f"[{caddy.namespace('net')}]"
    assert (ready["PROXY_PID"], ready["STATE"], ready["PRIORITY"]) == (str(caddy.pid), "running", "6")


def test_every_line_carries_the_state(idle, journal):
    systemctl("start", CADDY)
    systemctl("stop", CADDY)
    assert [entry["MESSAGE"] for entry in journal.of_supervisor() if not entry.get("STATE")] == []


def test_a_waiting_supervisor_names_no_network_and_no_proxy(idle, journal):
    stop_whoami()
    systemctl("start", "--no-block", CADDY)
    entry = journal.wait_for("waiting for a container")
    assert entry["STATE"] == "waiting"
    assert not {"NETNS", "PROXY_PID"} & entry.keys()


def test_one_line_tells_what_is_started_where(idle, journal):
    systemctl("start", CADDY)
    caddy = proxy()
    line = journal.wait_for("starting ")["MESSAGE"]
    assert f"/usr/local/bin/caddy as process {caddy.pid} in {caddy.namespace('net')}" in line
    assert f"pause process {pause_process().pid}" in line
    assert "4 sockets" in line
    assert f"{gateway()} (network systemd-mynet)" in line


def test_the_lines_are_those_of_the_unit_and_of_the_supervisor_itself(idle, journal):
    systemctl("start", CADDY)
    entry = journal.wait_for("the proxy is ready")
    assert (entry["_SYSTEMD_UNIT"], entry["_PID"]) == (CADDY, str(supervisor().pid))
    assert entry["_SYSTEMD_INVOCATION_ID"] == show(CADDY, "InvocationID")
    assert "\x1b" not in entry["MESSAGE"]


def test_no_line_says_where_the_program_was_built(idle, journal):
    systemctl("start", CADDY)
    assert not {"CODE_FILE", "CODE_LINE", "CODE_FUNC"} & journal.wait_for("the proxy is ready").keys()


def test_what_caddy_prints_is_filed_under_caddys_name(idle, journal):
    systemctl("start", CADDY)
    entries = journal.entries(f"_SYSTEMD_UNIT={CADDY}", "SYSLOG_IDENTIFIER=caddy")
    assert {entry["_PID"] for entry in entries} == {str(proxy().pid)}
    assert any("serving initial configuration" in entry["MESSAGE"] for entry in entries)


@pytest.fixture
def by_hand(puppet):
    """The command line of user test who runs a proxy that needs no sockets in a shell, without systemd."""
    puppet.configure('[proxy]\ncommand = ["/bin/sleep", "infinity"]\nready = "exec"\n')
    yield command_line(("rootless-supervisor", "--config", str(CONFIG), "by-hand"), USER)
    run("rm", "-rf", f"/run/user/{pwd.getpwnam(USER).pw_uid}/rootless-supervisor/by-hand")


def test_by_hand_it_prints_plain_lines(by_hand, journal):
    with subprocess.Popen(by_hand, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stderr.readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        lines += process.stderr.readlines()
        assert process.wait(timeout=20) == 0
    assert lines[0].startswith("rootless-supervisor: starting /bin/sleep as process ")
    assert lines[1].startswith("rootless-supervisor: the proxy is ready after ")
    assert all(line.startswith("rootless-supervisor: ") and line.isprintable() for line in map(str.rstrip, lines))
    assert journal.supervisor_lines() == []


def test_on_a_terminal_its_lines_have_colour(by_hand):
    ours, its = os.openpty()
    with subprocess.Popen(by_hand, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        text = b""
        while b"the proxy is ready" not in text:
            text += os.read(ours, 4096)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    os.close(ours)
    assert text.startswith(b"rootless-supervisor: \x1b[32mstarting /bin/sleep")


def test_a_supervisor_by_hand_ends_its_proxy_with_it(by_hand):
    with subprocess.Popen(by_hand, stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()
        proxy_pid = int(line.split(" as process ")[1].split()[0])
        process.kill()
        process.wait()
    wait_for("the proxy to be gone", lambda: not os.path.exists(f"/proc/{proxy_pid}"))
