"""supervisorctl -H: services of other hosts, over ssh. The machine is its own other host, by two addresses."""

import shutil
from pathlib import Path

import pytest

from harness.command import run
from harness.control import serving, status
from harness.ctl import NOT_READY, READY, UNREACHABLE, USAGE, Running, ctl, ctl_json
from harness.process import proxy
from harness.systemd import CADDY, systemctl

SSH = Path("/root/.ssh")
ONE, TWO, GONE = "one.example", "two.example", "gone.example"
CONFIG = f"""
Host {ONE}
    HostName 127.0.0.1
Host {TWO}
    HostName 127.0.0.2
Host {GONE}
    HostName 127.0.0.1
    Port 1
Host *
    BatchMode yes
    StrictHostKeyChecking no
    LogLevel ERROR
    IdentityFile {SSH}/id_test
"""


def forget() -> None:
    for file in SSH.iterdir():
        file.unlink()


@pytest.fixture(scope="module", autouse=True)
def ssh():
    """Root may come in by a key of its own."""
    SSH.mkdir(mode=0o700, exist_ok=True)
    forget()
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(SSH / "id_test"))
    shutil.copy(SSH / "id_test.pub", SSH / "authorized_keys")
    (SSH / "config").write_text(CONFIG)
    systemctl("start", "ssh.service")
    run("ssh", ONE, "true")
    yield
    forget()


def test_several_hosts_are_one_table(caddy):
    answer = ctl("-H", f"{ONE},root@{TWO}")
    assert (answer.returncode, answer.stderr) == (READY, "")
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("HOST")
    assert [line.split()[:3] for line in lines[1:3]] == [[ONE, "caddy", "running"], [f"root@{TWO}", "caddy", "running"]]
    assert lines[-1] == "2 of 2 ready"


def test_one_service_there_is_a_screen_whose_next_command_leads_there(caddy):
    answer = ctl("status", "-H", ONE, "caddy")
    assert answer.returncode == READY
    assert f"Proxy: {serving()['pid']} serving" in answer.stdout
    assert f"> supervisorctl -H {ONE} monitor caddy" in answer.stdout


def test_a_host_that_is_away_takes_one_line_and_hides_no_other(caddy):
    answer = ctl("-H", f"{GONE},{ONE}")
    assert (answer.returncode, answer.stderr) == (UNREACHABLE, "")
    rows = [line for line in answer.stdout.splitlines() if line.startswith(GONE)]
    assert len(rows) == 1 and "unreachable" in rows[0] and "Connection refused" in rows[0]
    assert "1 of 2 ready" in answer.stdout
    alone = ctl("status", "-H", GONE, "caddy")
    assert (alone.returncode, alone.stdout, alone.stderr.count("\n")) == (UNREACHABLE, "", 1)
    assert alone.stderr.startswith(f"caddy on {GONE}: unreachable; ")


def test_json_has_the_host(caddy):
    told = ctl_json("status", "-H", ONE, "caddy")
    assert (told["host"], told["name"], told["status"]["supervisorPid"]) == (ONE, "caddy", status()["supervisorPid"])
    rows = ctl_json("status", "-H", f"{ONE},{GONE}", status=UNREACHABLE)
    assert [(row["host"], row.get("state", row.get("status", {}).get("state"))) for row in rows] == [
        (ONE, "running"), (GONE, "unreachable")]


def test_an_unknown_service_there_is_told_from_an_unknown_host(caddy):
    answer = ctl("status", "-H", ONE, "nonesuch")
    assert answer.returncode == UNREACHABLE
    assert answer.stderr.startswith(f"nonesuch on {ONE}: unknown; ")


def test_changes_are_made_there(fresh_caddy):
    before = proxy().pid
    answer = ctl("restart", "-H", ONE, "caddy")
    assert answer.returncode == READY
    assert answer.stdout.startswith(f"caddy on {ONE}: restarted; process {serving()['pid']} serves")
    assert serving()["pid"] != before
    ctl("stop", "-H", ONE, "caddy")
    held = ctl("status", "-H", ONE, "caddy")
    assert held.returncode == NOT_READY
    assert f"> supervisorctl -H {ONE} start caddy" in held.stdout
    assert ctl("start", "-H", ONE, "caddy").returncode == READY


def test_monitor_follows_there(fresh_caddy):
    with Running("monitor", "-H", f"{ONE},{TWO}", "caddy") as monitor:
        monitor.line_with(f"caddy on {ONE}", f"caddy on {TWO}")
        ctl("restart", "caddy")
        monitor.line_with("replacing")


def test_logs_and_explain_run_there(fresh_caddy):
    assert "the proxy is ready" in ctl("logs", "-H", ONE, "caddy").stdout
    one = ctl("logs", "-H", ONE, "-n", "1", "caddy", "--", "--grep=the proxy is (ready|x)", "--output=cat")
    assert one.stdout.startswith("the proxy is ready after ")
    assert ctl("explain", "-H", ONE, "caddy").stdout.endswith("caddy: nothing found that is wrong\n")
    systemctl("stop", CADDY)
    assert f"no unit {CADDY}" in ctl("explain", "-H", ONE, "caddy").stdout
    assert ctl("logs", "-H", f"{ONE},{TWO}", "caddy").returncode == USAGE
