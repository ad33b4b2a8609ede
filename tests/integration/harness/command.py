"""Commands in the machine: as root, as another user, on the other computer."""

import pwd
import subprocess

from . import MACHINE_SCRIPTS

Answer = subprocess.CompletedProcess


def command_line(command: tuple[str, ...], user: str = "root", other_computer: bool = False) -> list[str]:
    if other_computer:
        return [str(MACHINE_SCRIPTS / "other_computer.sh"), "run", *command]
    if user == "root":
        return list(command)
    if pwd.getpwnam(user).pw_uid == 65534:  # has no home to start in
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    return [str(MACHINE_SCRIPTS / "run_as.sh"), user, *command]


def attempt(*command: str, user: str = "root", other_computer: bool = False, stdin: str = "",
            timeout: float = 40) -> Answer:
    """Runs the command to its end, whatever its exit status."""
    return subprocess.run(command_line(command, user, other_computer), input=stdin, capture_output=True, text=True,
                          timeout=timeout, cwd="/")


def run(*command: str, **options) -> str:
    """What the command prints; it must succeed."""
    answer = attempt(*command, **options)
    if answer.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\nexit status {answer.returncode}\n{answer.stdout}{answer.stderr}")
    return answer.stdout
