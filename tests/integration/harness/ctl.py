"""supervisorctl as people and programs run it: into a pipe, on a terminal, as another user."""

import json
import subprocess
import threading

from .command import Answer, attempt, command_line

READY, FAILED, USAGE, NOT_READY, UNREACHABLE = range(5)  # exit statuses


def ctl(*arguments: str, **options) -> Answer:
    # Python's readline, which pytest loads, sets COLUMNS.
    return attempt("env", "-u", "COLUMNS", "supervisorctl", *arguments, **options)


def ctl_json(*arguments: str, status: int = READY, **options):
    """What --json=short prints; the exit status must be `status`."""
    answer = ctl(*arguments, "--json=short", **options)
    assert answer.returncode == status, answer
    assert answer.stdout.count("\n") == 1
    return json.loads(answer.stdout)


def on_terminal(*arguments: str, columns: int = 80, environment: tuple[str, ...] = ()) -> str:
    """What it prints on a terminal of that width."""
    command = " ".join(("env", "-u", "COLUMNS", "TERM=xterm", *environment, "supervisorctl", *arguments))
    answer = attempt("script", "--quiet", "--return", "--command", f"stty cols {columns} rows 50; {command}", "/dev/null")
    return answer.stdout.replace("\r\n", "\n")


class Running:
    """supervisorctl that goes on; its output is read line by line."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(command_line(("supervisorctl", *arguments)), text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_) -> None:
        self._process.kill()
        self._process.communicate()

    def line_with(self, *texts: str, deadline: float = 20) -> str:
        """Reads on until each text was in a line, in whatever order; the last line read."""
        missing, seen = set(texts), []
        alarm = threading.Timer(deadline, self._process.kill)  # ends the reading
        alarm.start()
        try:
            for line in self._process.stdout:
                seen.append(line)
                missing -= {text for text in missing if text in line}
                if not missing:
                    return line
        finally:
            alarm.cancel()
        raise AssertionError(f"it ended, or {deadline:g} s passed, without {missing}: {seen}")

    def interrupt(self, number: int) -> int:
        self._process.send_signal(number)
        return self._process.wait(timeout=10)

    def ended(self) -> tuple[int, str]:
        """The exit status and what it said to standard error."""
        _, complaint = self._process.communicate(timeout=20)
        return self._process.returncode, complaint
