"""What caddy.service does while something of Podman's is missing, and how it comes up once it is there."""

import os
import re
import time

import pytest

from harness import UID, USER, web
from harness.journal import Journal
from harness.podman import PAUSE_PID, idle_process, rootless_netns, start_whoami, stop_whoami
from harness.process import proxy, supervisor
from harness.state import changed_file
from harness.systemd import (CADDY, active, main_pid, show, start_user_manager, stop_user_manager, systemctl,
                             wait_for_status, wait_until_active)

pytestmark = pytest.mark.usefixtures("idle")

NO_CONTAINER = f"waiting for a container of user {USER} on a bridge network"
NO_PODMAN = f"waiting for the first podman command of user {USER}"


def begin_and_wait_for(text: str, journal: Journal) -> None:
    """Starts caddy.service; returns once the journal and systemctl status say what it waits for."""
    systemctl("start", "--no-block", CADDY)
    entry = journal.wait_for(text)
    assert (entry["STATE"], entry["PRIORITY"]) == ("waiting", "6")
    status = wait_for_status(CADDY, text)
    clock = r"([0-9-]+ )?[0-9]{2}:[0-9]{2}:[0-9]{2}"
    assert re.fullmatch(re.escape(f"Waiting for Podman: {entry['MESSAGE']}") + rf" \(since {clock}, until {clock}\)", status)
    assert active(CADDY) == "activating"
    assert supervisor().children() == []


def comes_up_and_serves() -> None:
    wait_until_active(CADDY)
    assert show(CADDY, "NRestarts") == "0"
    assert proxy().namespace("net") == rootless_netns()
    assert web.get(f"http://{web.WHOAMI}/").status == 200


def test_it_waits_for_a_container_and_comes_up_when_there_is_one(journal):
    stop_whoami()
    begin_and_wait_for(NO_CONTAINER, journal)
    waiting = main_pid(CADDY)
    start_whoami()
    comes_up_and_serves()
    assert main_pid(CADDY) == waiting


def test_it_says_what_it_waits_for_once_and_not_at_each_look(journal):
    stop_whoami()
    begin_and_wait_for(NO_CONTAINER, journal)
    start_whoami()
    comes_up_and_serves()
    assert sum(NO_CONTAINER in line for line in journal.supervisor_lines()) == 1


@pytest.mark.parametrize("round", range(3))
def test_it_waits_for_the_user_manager_and_comes_up_with_it(journal, round):
    """Nothing at all of the user's is there, not even the runtime directory. Several rounds: a lost wake-up is rare."""
    stop_user_manager()
    assert not os.path.exists(f"/run/user/{UID}")
    begin_and_wait_for(NO_PODMAN, journal)
    start_user_manager()
    start_whoami()
    comes_up_and_serves()


def test_it_tells_one_missing_thing_after_the_other(journal):
    stop_whoami()
    with changed_file(PAUSE_PID, ""):
        begin_and_wait_for(NO_PODMAN, journal)
    journal.wait_for(NO_CONTAINER)
    wait_for_status(CADDY, NO_CONTAINER)
    start_whoami()
    comes_up_and_serves()


def test_it_may_wait_for_longer_than_systemds_start_timeout(puppet):
    puppet.install('command = ["/bin/sleep", "infinity"]\nready = "exec"', unit_lines="TimeoutStartSec=1s")
    stop_whoami()
    journal = Journal()
    puppet.begin_to_start()
    journal.wait_for(NO_CONTAINER)
    waiting = puppet.show("MainPID")
    time.sleep(1.5)  # no event to wait for: that nothing happens in this time is what is tested
    assert (active(puppet.unit), puppet.show("MainPID")) == ("activating", waiting)
    start_whoami()
    wait_until_active(puppet.unit)


@pytest.mark.parametrize("content", ["", "\n", "garbage", "-5\n", "1\n", "12 34\n", "99999999999999999999"])
def test_it_waits_while_the_pause_pid_file_holds_no_process_id(journal, content):
    with changed_file(PAUSE_PID, content):
        begin_and_wait_for(f"pause pid file '{PAUSE_PID}' does not hold a process id; {NO_PODMAN}", journal)
    comes_up_and_serves()


def test_it_waits_while_the_pause_pid_file_names_a_dead_process(journal):
    with idle_process() as process:
        dead = process.pid
    with changed_file(PAUSE_PID, str(dead)):
        begin_and_wait_for(f"pause process {dead} is gone: No such process", journal)
    comes_up_and_serves()


def test_it_enters_no_process_of_the_user_that_is_not_podmans(journal):
    with idle_process() as stranger:
        with changed_file(PAUSE_PID, str(stranger.pid)):
            begin_and_wait_for(f"process {stranger.pid} of the pause pid file is in no user namespace of user {USER}",
                               journal)
    comes_up_and_serves()


def test_it_enters_no_user_namespace_without_podmans_network(journal):
    with idle_process("unshare", "--user") as stranger:
        with changed_file(PAUSE_PID, str(stranger.pid)):
            begin_and_wait_for("no network namespace is mounted at", journal)
    comes_up_and_serves()


def test_it_enters_no_process_of_another_user(journal):
    with changed_file(PAUSE_PID, str(os.getpid())):
        begin_and_wait_for(f"cannot open '/proc/{os.getpid()}/ns/user' of the pause process", journal)
    comes_up_and_serves()
