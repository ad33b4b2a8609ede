"""A proxy that ends by itself: started again after growing pauses, and given up in the end."""

import os
import signal

import pytest

from harness.process import Process, supervisor
from harness.puppet import puppet_command
from harness.systemd import active, systemctl, wait_for_status, wait_until_active
from harness.wait import wait_for

# Once the file is there a proxy says READY and exits with 7.
CRASHING = "/run/rootless-supervisor/puppet/crashing"
CRASHES = ("notify('READY=1')", f"os.path.exists('{CRASHING}') and sys.exit(7)")


@pytest.fixture
def running(puppet):
    puppet.install(puppet_command(*CRASHES))
    puppet.start()
    return puppet


def crash_from_now_on(puppet) -> None:
    puppet.do(f"open('{CRASHING}', 'w').close()")
    puppet.leave(7)


def successor_of(dead: Process, unit: str) -> Process:
    def alone() -> list[int]:
        children = supervisor(unit).children()
        return children if children and dead.pid not in children else []
    return Process(wait_for("the proxy to be started again", alone)[0])


def moments(journal, text: str) -> list[float]:
    """When lines with the text were written; seconds."""
    return [int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6 for entry in journal.of_supervisor() if text in entry["MESSAGE"]]


def test_the_pauses_before_the_next_start_grow(running, journal):
    before = supervisor(running.unit)
    for count, pause in enumerate(["0.1", "0.2", "0.4"], start=1):
        victim = running.process()
        os.kill(victim.pid, signal.SIGKILL)
        entry = journal.wait_for(f"(failure {count} in a row; giving up after 5); next try in {pause} s")
        assert entry["MESSAGE"].startswith("proxy was killed by SIGKILL")
        assert entry["PRIORITY"] == "4"
        successor_of(victim, running.unit)
        wait_for_status(running.unit, "Proxy ready")
    assert (active(running.unit), running.show("NRestarts"), supervisor(running.unit)) == ("active", "0", before)
    ends, starts = moments(journal, "next try in"), moments(journal, "starting ")
    pauses = [start - end for end, start in zip(ends, starts, strict=True)]
    # Up to a quarter less by design; how much more a busy machine makes of it is of no interest.
    assert all(real >= 0.75 * told for real, told in zip(pauses, [0.1, 0.2, 0.4], strict=True)), pauses


def test_a_crash_loop_ends_in_a_failed_unit_with_the_last_status(running, journal):
    crash_from_now_on(running)
    wait_until_active(running.unit, "failed")
    assert (running.show("Result"), running.show("ExecMainStatus")) == ("exit-code", "7")
    lines = journal.supervisor_lines()
    pauses = [line.rpartition("next try in ")[2] for line in lines if "next try in " in line]
    assert pauses == ["0.1 s", "0.2 s", "0.4 s", "0.8 s", "1.6 s"]
    assert lines[-1].startswith("giving up: proxy exited with status 7")
    assert lines[-1].endswith("; exiting with status 7")


@pytest.mark.parametrize("limit", [1, 2])
def test_the_limit_is_that_of_the_configuration(puppet, journal, limit):
    puppet.install(puppet_command(*CRASHES) + f"\nrestart_limit = {limit}")
    puppet.start()
    crash_from_now_on(puppet)
    wait_until_active(puppet.unit, "failed")
    assert len(moments(journal, "next try in")) == limit
    assert len(moments(journal, "starting ")) == limit + 1  # with the first one


def test_a_service_that_gave_up_is_restarted_by_systemd_if_the_unit_says_so(puppet):
    puppet.install(puppet_command(*CRASHES) + "\nrestart_limit = 1",
                   unit_lines="Restart=on-failure\nRestartSec=100ms")
    puppet.start()
    before = supervisor(puppet.unit)
    crash_from_now_on(puppet)
    wait_for("systemd to restart the service", lambda: puppet.show("NRestarts") == "1")
    wait_until_active(puppet.unit)  # the file that makes it crash went with the runtime directory
    assert supervisor(puppet.unit) != before


def test_a_stop_during_a_pause_ends_the_service_well_at_once(running, journal):
    crash_from_now_on(running)
    journal.wait_for("next try in 1.6 s")
    wait_for_status(running.unit, "Pausing before the next start: proxy exited with status 7")
    assert active(running.unit) == "active"
    systemctl("stop", running.unit)
    assert (active(running.unit), running.show("Result")) == ("inactive", "success")
    assert len(moments(journal, "starting ")) == 4


def test_a_proxy_that_recovers_ends_the_pauses(running, journal):
    crash_from_now_on(running)
    journal.wait_for("next try in 0.4 s")
    os.unlink(CRASHING)
    wait_for_status(running.unit, "Proxy ready")
    assert running.process()
    assert (active(running.unit), running.show("NRestarts")) == ("active", "0")
