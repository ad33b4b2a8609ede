"""What follows when the proxy or the supervisor dies by itself."""

import os
import signal

from harness import web
from harness.process import Process, proxy, supervisor
from harness.puppet import puppet_command
from harness.systemd import CADDY, active, main_pid, processes_of, show, systemctl, wait_until_active
from harness.wait import wait_for


def successor_of(dead: Process, unit: str) -> Process:
    """The proxy that the supervisor has started instead."""
    def new_one() -> list[int]:
        return [pid for pid in supervisor(unit).children() if pid != dead.pid]
    return Process(wait_for("the proxy to be started again", new_one)[0])


def test_a_killed_caddy_is_noticed_and_started_again(fresh_caddy, journal):
    first = proxy()
    os.kill(first.pid, signal.SIGKILL)
    entry = journal.wait_for("proxy was killed by SIGKILL")
    assert int(entry["PRIORITY"]) <= 4
    second = successor_of(first, CADDY)
    journal.wait_for(f"as process {second.pid} ")
    wait_for("Caddy to serve again", web.serves_whoami)
    assert (active(CADDY), main_pid(CADDY), show(CADDY, "NRestarts")) == ("active", fresh_caddy.pid, "0")
    assert first.gone()


def test_no_request_is_refused_while_caddy_is_started_again(fresh_caddy):
    """systemd holds the sockets: what arrives meanwhile waits in their queues."""
    os.kill(proxy().pid, signal.SIGKILL)
    assert web.get(f"http://{web.WHOAMI}/").status == 200


def test_a_restarted_caddy_is_as_confined_as_the_first(fresh_caddy):
    first = proxy()
    before = first.namespace("net"), first.namespace("user"), first.status()["Seccomp_filters"]
    os.kill(first.pid, signal.SIGKILL)
    second = successor_of(first, CADDY)
    wait_for("Caddy to serve again", web.serves_whoami)
    status = second.status()
    assert (second.namespace("net"), second.namespace("user"), status["Seccomp_filters"]) == before
    assert set(second.capabilities().values()) == {0}
    assert second.environment()["LISTEN_PID"] == str(second.pid)
    assert sorted(second.descriptors())[:7] == [0, 1, 2, 3, 4, 5, 6]


def test_a_proxy_that_exits_by_itself_is_started_again_whatever_its_status(puppet, journal):
    puppet.install(puppet_command("notify('READY=1')"))
    puppet.start()
    for status in (42, 0):
        before = puppet.process()
        puppet.leave(status)
        journal.wait_for(f"proxy exited with status {status}")
        successor_of(before, puppet.unit)
        wait_until_active(puppet.unit)
    assert puppet.show("NRestarts") == "0"


def test_a_proxy_that_exits_well_before_it_was_ready_has_failed(puppet, journal):
    puppet.install(puppet_command("sys.exit(0)"))
    assert puppet.try_start().returncode == 1
    assert (puppet.show("Result"), puppet.show("ExecMainStatus")) == ("exit-code", "1")
    assert "proxy exited with status 0 before it was ready" in journal.supervisor_lines()[-1]


def test_a_proxy_that_fails_before_it_was_ready_hands_its_status_on(puppet, journal):
    puppet.install(puppet_command("sys.exit(23)"))
    assert puppet.try_start().returncode == 1
    assert (puppet.show("Result"), puppet.show("ExecMainStatus")) == ("exit-code", "23")
    last = journal.supervisor_lines()[-1]
    assert "proxy exited with status 23 before it was ready" in last
    assert last.endswith("exiting with status 23")


def test_a_proxy_that_is_killed_before_it_was_ready_gives_what_a_shell_would(puppet):
    puppet.install(puppet_command("os.kill(os.getpid(), signal.SIGSEGV)"))
    assert puppet.try_start().returncode == 1
    assert puppet.show("ExecMainStatus") == str(128 + signal.SIGSEGV)


def test_caddy_does_not_outlive_a_killed_supervisor(fresh_caddy):
    first = proxy()
    os.kill(fresh_caddy.pid, signal.SIGKILL)
    wait_for("Caddy to be gone", first.gone)
    wait_for("systemd to restart the service", lambda: show(CADDY, "MainPID") not in ("0", str(fresh_caddy.pid)))
    systemctl("start", CADDY)  # joins the start job
    assert show(CADDY, "NRestarts") == "1"
    assert processes_of(CADDY) == {supervisor().pid, proxy().pid}
    assert web.serves_whoami()
