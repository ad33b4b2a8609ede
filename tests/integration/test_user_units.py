"""[podman] wait_for and start: units of the user's own manager."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import USER
from harness.command import run
from harness.podman import WHOAMI, start_whoami, stop_whoami
from harness.systemd import (active, start_user_manager, stop_user_manager, user_systemctl, wait_for_status,
                             wait_until_active)

NEEDED = "needed.service"
UNIT_FILE = Path(f"/home/{USER}/.config/systemd/user") / NEEDED
SLEEPS = 'command = ["/bin/sleep", "infinity"]\nready = "exec"'
WAITS_FOR_NEEDED = f'wait_for = ["{NEEDED}"]'


@pytest.fixture
def needed() -> Iterator[None]:
    """A unit of the user's that is active once it was started and the file /run/user/UID/allowed is there."""
    run("mkdir", "--parents", str(UNIT_FILE.parent), user=USER)
    UNIT_FILE.write_text("[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=test -e %t/allowed\n")
    user_systemctl("daemon-reload")
    yield
    user_systemctl("stop", NEEDED)
    UNIT_FILE.unlink()
    user_systemctl("reset-failed")
    user_systemctl("daemon-reload")


def allow() -> None:
    run("sh", "-c", "touch $XDG_RUNTIME_DIR/allowed", user=USER)


def waits_and_says(puppet, text: str) -> None:
    assert wait_for_status(puppet.unit, text)
    assert active(puppet.unit) == "activating"


def test_it_waits_for_a_unit_and_comes_up_when_that_is_active(puppet, needed):
    puppet.install(SLEEPS, WAITS_FOR_NEEDED)
    puppet.begin_to_start()
    waits_and_says(puppet, f"unit {NEEDED} of user {USER} is inactive; waiting for unit {NEEDED}")
    allow()
    user_systemctl("start", NEEDED)
    wait_until_active(puppet.unit)


def test_it_waits_from_before_the_users_manager_is_there(puppet):
    puppet.install(SLEEPS, f'wait_for = ["{WHOAMI}"]')
    stop_user_manager()
    puppet.begin_to_start()
    waits_and_says(puppet, "waiting for")
    start_user_manager()
    start_whoami()
    wait_until_active(puppet.unit)


def test_it_starts_the_units_if_it_is_told_to(puppet):
    puppet.install(SLEEPS, f'wait_for = ["{WHOAMI}"]\nstart = true')
    stop_whoami()
    puppet.start()
    assert user_systemctl("is-active", WHOAMI) == "active\n"


def test_a_unit_that_fails_is_told_at_once_with_its_result(puppet, needed):
    puppet.install(SLEEPS, f"{WAITS_FOR_NEEDED}\nstart = true")
    puppet.begin_to_start()
    waits_and_says(puppet, f"unit {NEEDED} of user {USER} failed (result exit-code)")
    allow()
    user_systemctl("start", NEEDED)
    wait_until_active(puppet.unit)


def test_a_unit_that_does_not_exist_is_told_and_may_yet_appear(puppet):
    puppet.install(SLEEPS, WAITS_FOR_NEEDED)
    puppet.begin_to_start()
    waits_and_says(puppet, f"unit {NEEDED} of user {USER} is not found (no such unit file)")
    puppet.rest()


def test_it_gives_up_after_its_timeout_and_says_for_what_it_waited(puppet, needed, journal):
    puppet.install(SLEEPS, f'{WAITS_FOR_NEEDED}\ntimeout = "500ms"')
    assert not puppet.try_start().returncode == 0
    journal.wait_for(f"giving up: unit {NEEDED} of user {USER} is inactive; waiting for unit {NEEDED} (for 0.5 s)")
    assert puppet.show("ExecMainStatus") == "69"


def test_a_proxy_that_serves_does_not_mind_when_a_unit_stops(puppet, needed):
    allow()
    puppet.install(SLEEPS, f"{WAITS_FOR_NEEDED}\nstart = true")
    puppet.start()
    before = puppet.process()
    user_systemctl("stop", NEEDED)
    user_systemctl("start", NEEDED)
    assert (active(puppet.unit), puppet.process()) == ("active", before)
