"""Whoever hangs is replaced: the supervisor by systemd, the proxy by the supervisor."""

import os
import signal

from harness import web
from harness.process import proxy, supervisor
from harness.puppet import puppet_command
from harness.systemd import CADDY, active, main_pid, processes_of, show, wait_until_active
from harness.wait import wait_for

READY = "notify('READY=1')"
# A proxy that pings five times a second as long as it is told to, and counts its pings.
PINGS = ("pings, pinging = 0, True",
         "exec('def ping(*_):\\n global pings\\n if pinging:\\n  notify(\"WATCHDOG=1\")\\n  pings += 1')",
         "signal.signal(signal.SIGALRM, ping)",
         "signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)")


def never_left_active(unit: str, since: str) -> bool:
    now = show(unit, "ActiveEnterTimestampMonotonic")
    return (active(unit), now, show(unit, "NRestarts")) == ("active", since, "0")


def replaced(puppet, before) -> None:
    wait_for("the old proxy to be gone", before.gone)
    assert puppet.process() != before


def test_a_stopped_supervisor_is_killed_and_restarted_and_its_proxy_with_it(puppet):
    puppet.install(puppet_command(READY), unit_lines="WatchdogSec=2s\nRestart=on-failure\nRestartSec=100ms")
    puppet.start()
    hanging, orphan = supervisor(puppet.unit), puppet.process()
    os.kill(hanging.pid, signal.SIGSTOP)
    wait_for("systemd to restart the service", lambda: show(puppet.unit, "NRestarts") == "1", deadline=15)
    wait_until_active(puppet.unit)
    assert hanging.gone() and orphan.gone()
    assert processes_of(puppet.unit) == {main_pid(puppet.unit), puppet.process().pid}


def test_a_supervisor_that_works_outlives_its_watchdog(puppet):
    puppet.install(puppet_command(*PINGS, READY), unit_lines="WatchdogSec=500ms")
    puppet.start()
    before = main_pid(puppet.unit)
    # Its own pings measure the time: ten of them are four times the watchdog's.
    wait_for("two seconds of the puppet's time", lambda: puppet.evaluate("pings") >= 10)
    assert (active(puppet.unit), main_pid(puppet.unit)) == ("active", before)


def test_a_stopped_caddy_is_replaced_and_the_service_never_left_active(fresh_caddy, journal):
    since, stopped = show(CADDY, "ActiveEnterTimestampMonotonic"), proxy()
    os.kill(stopped.pid, signal.SIGSTOP)
    journal.wait_for("replacing the proxy: proxy unhealthy: it was stopped by a signal")
    wait_for("the stopped proxy to be gone", stopped.gone)
    assert web.serves_whoami()
    assert proxy() != stopped
    assert never_left_active(CADDY, since)
    assert supervisor() == fresh_caddy


def test_a_proxy_that_pings_in_time_is_kept(puppet, journal):
    puppet.install(puppet_command(*PINGS, READY) + '\nwatchdog = "1s"')
    puppet.start()
    before = puppet.process()
    wait_for("two seconds of the puppet's time", lambda: puppet.evaluate("pings") >= 10)
    assert puppet.process() == before
    assert "unhealthy" not in "\n".join(journal.supervisor_lines())


def test_a_proxy_that_stops_pinging_is_replaced(puppet, journal):
    puppet.install(puppet_command(*PINGS, READY) + '\nwatchdog = "1s"')
    puppet.start()
    since, before = puppet.show("ActiveEnterTimestampMonotonic"), puppet.process()
    puppet.do("pinging = False")
    journal.wait_for("replacing the proxy: proxy unhealthy: no WATCHDOG=1 within 1 s")
    replaced(puppet, before)
    assert never_left_active(puppet.unit, since)


def test_a_proxy_that_triggers_the_watchdog_is_replaced(puppet, journal):
    puppet.install(puppet_command(READY))
    puppet.start()
    since, before = puppet.show("ActiveEnterTimestampMonotonic"), puppet.process()
    puppet.do("notify('WATCHDOG=trigger')")
    journal.wait_for("replacing the proxy: proxy unhealthy: it says so itself (WATCHDOG=trigger)")
    replaced(puppet, before)
    assert never_left_active(puppet.unit, since)


def test_a_proxy_that_is_ill_for_good_leaves_the_service_to_systemd(puppet):
    """Its successors fail beyond the limit: only a new start of all may still help."""
    ill = "/run/rootless-supervisor/puppet/ill"
    puppet.install(puppet_command(f"os.path.exists('{ill}') and sys.exit(7)", READY) + "\nrestart_limit = 1",
                   unit_lines="WatchdogSec=1s")
    puppet.start()
    puppet.do(f"open('{ill}', 'w').close()")
    puppet.do("notify('WATCHDOG=trigger')")
    wait_until_active(puppet.unit, "failed")
    assert puppet.show("Result") == "watchdog"
    assert processes_of(puppet.unit) == set()


def test_the_proxy_gets_a_watchdog_of_its_own(puppet):
    puppet.install(puppet_command(READY) + '\nwatchdog = "1500s"')
    puppet.start()
    environment = puppet.process().environment()
    assert environment["WATCHDOG_USEC"] == "1500000000"
    assert environment["WATCHDOG_PID"] == str(puppet.process().pid)


def test_the_supervisors_watchdog_does_not_reach_the_proxy(puppet):
    puppet.install(puppet_command(READY), unit_lines="WatchdogSec=30s")
    puppet.start()
    assert supervisor(puppet.unit).environment()["WATCHDOG_USEC"] == "30000000"
    assert not {"WATCHDOG_USEC", "WATCHDOG_PID"} & puppet.process().environment().keys()
