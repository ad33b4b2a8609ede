"""The system's service manager and the user's."""

from pathlib import Path

from . import UID, USER
from .command import Answer, attempt, run
from .wait import wait_for

CADDY = "caddy.service"
SOCKET = "caddy.socket"
USER_MANAGER = f"user@{UID}.service"


def systemctl(*arguments: str) -> str:
    return run("systemctl", *arguments)


def user_systemctl(*arguments: str) -> str:
    return run("systemctl", "--user", *arguments, user=USER)


def try_start(unit: str) -> Answer:
    """Returns when the unit is up or has failed to come up."""
    return attempt("systemctl", "start", unit)


def show(unit: str, name: str) -> str:
    return run("systemctl", "show", "--value", f"--property={name}", unit).rstrip("\n")


def active(unit: str) -> str:
    return show(unit, "ActiveState")


def main_pid(unit: str) -> int:
    pid = int(show(unit, "MainPID"))
    assert pid, f"{unit} has no main process"
    return pid


def wait_until_active(unit: str, state: str = "active", deadline: float = 15) -> None:
    try:
        wait_for(f"{unit} to be {state}", lambda: active(unit) == state, deadline)
    except AssertionError as vain:
        raise AssertionError(f"{vain}; it is {active(unit)}: {show(unit, 'StatusText')}") from None


def wait_for_status(unit: str, text: str, deadline: float = 10) -> str:
    """The STATUS= that the unit shows, once `text` is in it."""
    try:
        return wait_for(f"{text!r} in the status of {unit}",
                        lambda: text in (seen := show(unit, "StatusText")) and seen, deadline)
    except AssertionError as vain:
        raise AssertionError(f"{vain}; the status is {show(unit, 'StatusText')!r}") from None


def cgroup_of(unit: str) -> Path:
    return Path("/sys/fs/cgroup/system.slice") / unit


def processes_of(unit: str) -> set[int]:
    """Every process in the unit's cgroup and below; none where the cgroup is gone."""
    cgroup = cgroup_of(unit)
    lists = [cgroup / "cgroup.procs", *cgroup.rglob("cgroup.procs")] if cgroup.is_dir() else []
    return {int(pid) for file in lists for pid in file.read_text().split()}


def stop_user_manager() -> None:
    """As after the last logout without lingering: no process of the user's manager, no runtime directory."""
    systemctl("stop", USER_MANAGER, f"user-runtime-dir@{UID}.service")


def start_user_manager() -> None:
    systemctl("start", USER_MANAGER)
