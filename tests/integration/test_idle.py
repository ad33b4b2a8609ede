"""Nothing happens while nothing happens: no timer, no polling.

A process that is woken gives the processor up again: its voluntary context switches count its wake-ups. That there are
none can only be seen by looking for a while, so these tests do wait: long enough for a timer of a second or two.
"""

import time

from harness.journal import Journal
from harness.podman import stop_whoami
from harness.process import Process, supervisor
from harness.puppet import puppet_command
from harness.systemd import active
from harness.wait import wait_for

A_WHILE = 4.0
WITHOUT_WATCHDOG = "WatchdogSec=0"


def switches(process: Process) -> int:
    """Of all its threads, by its own will or not."""
    tasks = [Process(int(task.name)) for task in (process.proc / "task").iterdir()]
    return sum(int(task.status()[f"{kind}_ctxt_switches"]) for task in tasks for kind in ("voluntary", "nonvoluntary"))


def asleep(process: Process) -> bool:
    """In epoll_wait(2), for a moment at least: what went before is done."""
    before = switches(process)
    time.sleep(0.3)
    return process.status()["State"].startswith("S") and switches(process) == before


def wakeups_in_a_while(process: Process) -> int:
    wait_for("the supervisor to have done what it had to", lambda: asleep(process))
    before = switches(process)
    time.sleep(A_WHILE)
    return switches(process) - before


def test_a_supervisor_whose_proxy_serves_is_never_woken(puppet):
    puppet.install(puppet_command("notify('READY=1')"), unit_lines=WITHOUT_WATCHDOG)
    puppet.start()
    assert wakeups_in_a_while(supervisor(puppet.unit)) == 0
    assert active(puppet.unit) == "active"


def test_a_supervisor_that_waits_is_never_woken(puppet):
    puppet.install(puppet_command("notify('READY=1')"), unit_lines=WITHOUT_WATCHDOG)
    stop_whoami()
    journal = Journal()
    puppet.begin_to_start()
    journal.wait_for("waiting for a container")
    assert wakeups_in_a_while(supervisor(puppet.unit)) == 0
    assert active(puppet.unit) == "activating"


def test_a_supervisor_whose_network_is_gone_is_never_woken(puppet, journal):
    puppet.install(puppet_command("notify('READY=1')"), unit_lines=WITHOUT_WATCHDOG)
    puppet.start()
    stop_whoami()
    journal.wait_for("; waiting for ")
    assert wakeups_in_a_while(supervisor(puppet.unit)) == 0


def test_the_count_sees_a_timer(puppet):
    """With the unit's watchdog on there is one: at half of its time."""
    puppet.install(puppet_command("notify('READY=1')"), unit_lines="WatchdogSec=2s")
    puppet.start()
    assert wakeups_in_a_while(supervisor(puppet.unit)) >= 3
