"""How the service ends when it is asked to."""

import os
import signal

import pytest

from harness.journal import text_of
from harness.podman import stop_whoami
from harness.process import proxy
from harness.puppet import puppet_command
from harness.systemd import (CADDY, SOCKET, active, cgroup_of, main_pid, processes_of, show, systemctl,
                             wait_for_status, wait_until_active)
from harness.wait import wait_for


def ended_well(unit: str) -> None:
    assert active(unit) == "inactive"
    assert (show(unit, "Result"), show(unit, "ExecMainStatus"), show(unit, "NRestarts")) == ("success", "0", "0")
    assert not cgroup_of(unit).exists()


def test_a_stop_ends_caddy_in_its_own_way(fresh_caddy, journal):
    processes = [fresh_caddy, proxy()]
    systemctl("stop", CADDY)
    ended_well(CADDY)
    assert all(process.gone() for process in processes)
    said = "\n".join(journal.supervisor_lines())
    assert "as requested" in said
    assert "proxy exited with status 0" in said
    said_by_caddy = text_of(journal.entries("SYSLOG_IDENTIFIER=caddy"))
    assert '"msg":"shutdown complete","signal":"SIGTERM","exit_code":0' in said_by_caddy


def test_a_good_end_is_no_warning(fresh_caddy, journal):
    systemctl("stop", CADDY)
    assert {entry["PRIORITY"] for entry in journal.of_supervisor()} == {"6"}


def test_a_stop_leaves_the_sockets_open_and_the_runtime_directory_gone(fresh_caddy):
    systemctl("stop", CADDY)
    assert active(SOCKET) == "active"
    assert not os.path.exists("/run/rootless-supervisor/caddy")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_supervisor_alone_ends_the_service_well(fresh_caddy, number):
    os.kill(fresh_caddy.pid, number)
    wait_until_active(CADDY, "inactive")
    ended_well(CADDY)


def test_a_second_sigterm_changes_nothing(puppet):
    puppet.install(puppet_command("signal.signal(signal.SIGTERM, lambda *_: notify('STATUS=told to stop'))",
                                  "notify('READY=1')") + '\nstop_timeout = "30s"')
    puppet.start()
    supervisor_pid = main_pid(puppet.unit)
    systemctl("stop", "--no-block", puppet.unit)
    wait_until_active(puppet.unit, "deactivating")
    os.kill(supervisor_pid, signal.SIGTERM)
    puppet.leave()
    wait_until_active(puppet.unit, "inactive")
    ended_well(puppet.unit)


def test_a_stop_while_waiting_for_podman_ends_the_service_well_at_once(idle, journal):
    stop_whoami()
    systemctl("start", "--no-block", CADDY)
    journal.wait_for("waiting for a container")
    systemctl("stop", CADDY)
    ended_well(CADDY)


def test_a_stop_while_the_proxy_starts_ends_the_service_well(puppet, journal):
    """It has no handler for SIGTERM, and dying of it is what was asked for."""
    puppet.install(puppet_command("notify('STATUS=taking my time')"))
    puppet.begin_to_start()
    wait_for_status(puppet.unit, "taking my time")
    systemctl("stop", puppet.unit)
    ended_well(puppet.unit)
    assert "proxy was killed by SIGTERM" in "\n".join(journal.supervisor_lines())


def test_a_proxy_that_ignores_sigterm_is_killed_after_the_stop_timeout(puppet, journal):
    puppet.install('command = ["/bin/sh", "-c", "trap \'\' TERM; while :; do sleep 1000; done"]\nready = "exec"\n'
                   'stop_timeout = "700ms"')
    puppet.start()
    shell = puppet.process()
    wait_for("the shell to ignore SIGTERM", lambda: int(shell.status()["SigIgn"], 16) & 1 << signal.SIGTERM - 1)
    systemctl("stop", puppet.unit)
    assert (puppet.show("ActiveState"), puppet.show("ExecMainStatus")) == ("failed", "1")
    assert not cgroup_of(puppet.unit).exists()
    entries = journal.of_supervisor()

    def moment(text: str) -> int:
        return next(int(entry["__MONOTONIC_TIMESTAMP"]) for entry in entries if text in entry["MESSAGE"])

    # From being asked to being killed; the upper end leaves room for a busy machine.
    assert 700_000 <= moment("proxy was killed by SIGKILL") - moment("as requested") < 5_000_000


def test_a_stop_is_over_within_the_timeout_and_a_margin_also_for_systemd(puppet):
    """systemd must not lose patience, and kill, before the supervisor does."""
    puppet.install('command = ["/bin/sh", "-c", "trap \'\' TERM; while :; do sleep 1000; done"]\nready = "exec"\n'
                   'stop_timeout = "1500ms"', unit_lines="TimeoutStopSec=500ms")
    puppet.start()
    shell = puppet.process()
    wait_for("the shell to ignore SIGTERM", lambda: int(shell.status()["SigIgn"], 16) & 1 << signal.SIGTERM - 1)
    systemctl("stop", puppet.unit)
    assert (puppet.show("Result"), puppet.show("ExecMainStatus")) == ("exit-code", "1")


@pytest.mark.parametrize("name", ["SIGINT", "SIGQUIT", "SIGUSR1"])
def test_the_proxy_is_asked_to_stop_by_the_signal_of_the_configuration(puppet, journal, name):
    puppet.install(puppet_command(f"signal.signal(signal.{name}, lambda *_: sys.exit(0))", "notify('READY=1')")
                   + f'\nstop_signal = "{name}"')
    puppet.start()
    systemctl("stop", puppet.unit)
    ended_well(puppet.unit)
    assert "proxy exited with status 0" in "\n".join(journal.supervisor_lines())


def test_an_exit_status_of_the_asked_proxy_becomes_the_services(puppet):
    puppet.install(puppet_command("signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))", "notify('READY=1')"))
    puppet.start()
    systemctl("stop", puppet.unit)
    assert (puppet.show("Result"), puppet.show("ExecMainStatus")) == ("exit-code", "42")


def test_children_that_the_proxy_leaves_behind_are_gone_with_it(puppet):
    puppet.install(puppet_command("notify('READY=1')"))
    puppet.start()
    puppet.do("subprocess.Popen(['sleep', 'infinity'], start_new_session=True)")
    assert len(processes_of(puppet.unit)) == 3
    systemctl("stop", puppet.unit)
    assert not cgroup_of(puppet.unit).exists()
