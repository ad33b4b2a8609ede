"""supervisorctl explain: each thing that can be wrong, the evidence, and the command that fixes it."""

import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import UID, USER
from harness.command import run
from harness.ctl import FAILED, READY, UNREACHABLE, ctl, ctl_json
from harness.podman import start_whoami, stop_whoami
from harness.state import changed_file
from harness.systemd import (CADDY, SOCKET, start_user_manager, stop_user_manager, systemctl, user_systemctl,
                             wait_for_status)
from harness.wait import wait_for

CONFIG = Path("/etc/rootless-supervisor/caddy.toml")
CADDY_UNIT = Path("/etc/systemd/system") / CADDY
RUNTIME = f"/run/user/{UID}"


def failed(name: str = "caddy") -> dict[str, dict]:
    """The checks that failed, by what they are about. Some must have."""
    checks = ctl_json("explain", name, status=FAILED)["checks"]
    return {check["what"]: check for check in checks if check["passed"] is False}


@contextmanager
def unit_setting(lines: str):
    """Other settings of caddy.service; it is not started with them."""
    drop_in = Path(f"/run/systemd/system/{CADDY}.d/explain.conf")
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text(f"[Service]\n{lines}\n")
    systemctl("daemon-reload")
    try:
        yield
    finally:
        drop_in.unlink()
        drop_in.parent.rmdir()
        systemctl("daemon-reload")


def test_nothing_is_wrong_with_a_service_that_serves(caddy):
    answer = ctl("explain", "caddy")
    assert answer.returncode == READY, answer.stdout
    assert answer.stdout.endswith("caddy: nothing found that is wrong\n")
    assert f"ok lingering of user {USER}: on" in answer.stdout
    assert "ok version of Caddy: 2." in answer.stdout
    assert "ok supervisor: answers: running; Proxy ready" in answer.stdout
    assert "ok name server: " in answer.stdout  # by the supervisor itself


def test_anybody_may_ask_and_is_told_what_cannot_be_told(caddy):
    answer = ctl("explain", "caddy", user="nobody")
    assert answer.returncode == READY, answer.stdout


def test_a_service_that_does_not_run_is_explained_without_it(idle):
    wrong = failed()
    assert wrong.keys() == {f"unit {CADDY}", "supervisor"}
    assert wrong[f"unit {CADDY}"]["remedy"] == f"systemctl enable --now {CADDY}"
    shown = ctl("explain", "caddy").stdout
    assert f"no unit {CADDY}: inactive (dead)\n    > systemctl enable --now {CADDY}\n" in shown
    assert "ok Podman of user test: its pause process is " in shown
    assert "ok names of containers: networks with a name service: systemd-mynet" in shown
    assert re.search(r"caddy: 2 of \d+ checks failed; begin with the first\n$", shown)


def test_others_than_root_see_less_and_are_told_so(idle):
    checks = {check["what"]: check for check in ctl_json("explain", "caddy", status=FAILED, user="nobody")["checks"]}
    assert checks[f"Podman of user {USER}"]["passed"] is None
    assert "sudo supervisorctl explain" in checks[f"Podman of user {USER}"]["evidence"]


def test_a_name_that_is_nobodys_is_unknown():
    answer = ctl("explain", "nonesuch")
    assert answer.returncode == UNREACHABLE
    assert "no unit nonesuch.service: there is no such unit" in answer.stdout


def test_a_mistake_in_the_configuration_is_shown_with_its_place(idle):
    with changed_file(CONFIG, '[proxy]\ncommand = ["/bin/true"]\nstop_timout = "1s"\n'):
        evidence = failed()["configuration file"]["evidence"]
    assert evidence.startswith(f"{CONFIG}:3:1: ") and "stop_timeout" in evidence


def test_a_changed_configuration_is_to_be_reloaded(fresh_caddy):
    with changed_file(CONFIG, CONFIG.read_text() + "# changed\n"):
        wrong = failed()
        assert len(wrong) == 1
        (check,) = wrong.values()
        assert "reload" in check["remedy"]


def test_lingering_that_is_off_is_to_be_enabled(fresh_caddy):
    run("loginctl", "disable-linger", USER)
    try:
        check = failed()[f"lingering of user {USER}"]
        assert check["remedy"] == f"loginctl enable-linger {USER}"
    finally:
        run(*check["remedy"].split())
        start_user_manager()
        start_whoami()
    assert f"lingering of user {USER}" not in ctl("explain", "caddy").stdout.partition("failed")[2]


@pytest.mark.parametrize("file", ["/etc/subuid", "/etc/subgid"])
def test_subordinate_ids_that_are_missing_are_to_be_added_where_nobody_has_any(idle, file):
    path = Path(file)
    with changed_file(path, "other:524288:65536\n"):
        remedy = failed()[f"subordinate ids of user {USER}"]["remedy"]
        option = "--add-subuids" if file == "/etc/subuid" else "--add-subgids"
        assert remedy.startswith(f"usermod {option} 589824-655359 {USER}, ")
        run(*remedy.partition(",")[0].split())
        assert f"{USER}:589824:65536" in path.read_text()
        assert f"subordinate ids of user {USER}" not in failed()


def test_a_user_manager_that_is_down_is_to_be_started(idle):
    stop_user_manager()
    try:
        wrong = failed()
        assert wrong[f"systemd of user {USER}"]["remedy"] == f"systemctl start user@{UID}.service"
        assert f"Podman of user {USER}" in wrong
    finally:
        start_user_manager()
        start_whoami()


@pytest.mark.parametrize("state", ["inactive", "failed", "no such unit"])
def test_a_unit_of_the_user_that_is_not_active_is_to_be_started(idle, state):
    unit = "nonesuch.service" if state == "no such unit" else "whoami.service"
    with changed_file(CONFIG, CONFIG.read_text().replace("[podman]", f'[podman]\nwait_for = ["{unit}"]')):
        assert f"unit whoami.service of user {USER}" not in failed()
        if state == "inactive":
            stop_whoami()
        if state == "failed":
            user_systemctl("kill", "--signal=SIGKILL", "--kill-whom=main", unit)
            wait_for("the unit to have failed",
                     lambda: user_systemctl("show", "--value", "--property=ActiveState", unit) == "failed\n")
        if state != "no such unit":
            check = failed()[f"unit {unit} of user {USER}"]
            assert check["evidence"].startswith(f"{state} (")
            assert f"systemctl --user --machine={USER}@ " in check["remedy"]
        else:
            assert failed()[f"unit {unit} of user {USER}"]["evidence"] == "there is no such unit"
    user_systemctl("reset-failed", "whoami.service")


def test_a_network_without_a_name_service_is_named(idle):
    with changed_file(CONFIG, CONFIG.read_text().replace("[podman]", '[podman]\nnetwork = "nonesuch"')):
        check = failed()["names of containers"]
    assert check["evidence"] == "network nonesuch has no name service now; these have: systemd-mynet"
    stop_whoami()
    assert failed()["names of containers"]["evidence"].startswith("no container runs on a network")


@pytest.mark.parametrize("setting, lines", [
    ("ProtectHome=", "OpenFile="),
    ("PrivateUsers=", "PrivateUsers=yes"),
    ("RestrictNamespaces=", "RestrictNamespaces=yes"),
    ("RestrictNamespaces=", "RestrictNamespaces=~user"),
    ("User=", "User="),
    ("Type=", "Type=exec"),
])
def test_a_setting_of_the_unit_that_is_in_the_way_is_named(idle, setting, lines):
    with unit_setting(lines):
        wrong = failed()
        assert setting in wrong
        assert f"systemctl edit {CADDY}, with {setting.replace('ProtectHome', 'OpenFile')}" in wrong[setting]["remedy"]
    assert setting not in failed()


def test_settings_that_are_not_in_the_way_are_not_named(idle):
    with unit_setting("ProtectHome=read-only\nOpenFile=\nRestrictNamespaces=no\nNoNewPrivileges=yes"):
        assert failed().keys() == {f"unit {CADDY}", "supervisor"}


def test_a_socket_unit_that_does_not_listen_is_to_be_started(idle):
    systemctl("stop", SOCKET)
    check = failed()[f"unit {SOCKET}"]
    assert "clients are refused" in check["evidence"]
    run(*check["remedy"].split())
    assert f"unit {SOCKET}" not in failed()
    systemctl("disable", SOCKET)


def test_a_unit_file_that_systemd_has_not_read_is_to_be_read(idle):
    with changed_file(CADDY_UNIT, CADDY_UNIT.read_text() + "\n# changed\n"):
        before = CADDY_UNIT.stat()
        os.utime(CADDY_UNIT, (before.st_atime + 60, before.st_mtime + 60))
        assert "systemctl daemon-reload" in failed()[f"unit {CADDY}"]["remedy"]
    systemctl("daemon-reload")


def test_a_caddy_that_is_too_old_for_systemds_sockets_is_to_be_replaced(idle, tmp_path):
    program = Path("/srv/caddy/caddy")
    program.write_text("#!/bin/sh\nid -u >&2\necho 2.6.2\n")
    program.chmod(0o755)
    try:
        with changed_file(CONFIG, CONFIG.read_text().replace("/usr/local/bin/caddy", str(program))):
            check = failed()["version of Caddy"]
            assert check["evidence"].startswith("2.6.2 does not know")
            assert check["remedy"] == f"install Caddy 2.9 or later as {program}"
            program.unlink()
            assert failed()["program of the proxy"]["evidence"] == f"{program}: No such file or directory"
    finally:
        program.unlink(missing_ok=True)


def test_a_service_that_failed_is_shown_with_its_result(idle):
    with changed_file(CONFIG, "nonsense\n"):
        assert ctl("explain", "caddy").returncode == FAILED
        run("bash", "-c", f"! systemctl start {CADDY} 2>/dev/null")
        check = failed()[f"unit {CADDY}"]
    assert check["evidence"] == "failed (failed): exit-code, exit status 78"
    assert check["remedy"] == f"supervisorctl logs caddy, then systemctl restart {CADDY}"


def test_a_service_that_waits_tells_itself_what_is_missing(idle):
    stop_whoami()
    systemctl("start", "--no-block", CADDY)
    wait_for_status(CADDY, "waiting for a container")
    wrong = failed()
    assert "network namespace" in wrong
    assert f"Podman of user {USER}" not in wrong  # the supervisor's own look counts
    start_whoami()
