"""What was written to the journal since a moment."""

import json
import subprocess
import threading

from .command import run

OURS = "SYSLOG_IDENTIFIER=rootless-supervisor"


class Journal:
    """Begins where the journal ends now."""

    def __init__(self) -> None:
        run("journalctl", "--sync")
        last = run("journalctl", "--quiet", "--lines=1", "--output=json", "--output-fields=MESSAGE")
        self._after = f"--after-cursor={json.loads(last)['__CURSOR']}"

    def entries(self, *matches: str) -> list[dict]:
        run("journalctl", "--sync")
        text = run("journalctl", "--quiet", "--all", "--output=json", self._after, *matches)
        return [json.loads(line) for line in text.splitlines()]

    def of_supervisor(self) -> list[dict]:
        return self.entries(OURS)

    def supervisor_lines(self) -> list[str]:
        return [entry["MESSAGE"] for entry in self.of_supervisor()]

    def wait_for(self, text: str, deadline: float = 10) -> dict:
        """The supervisor's first line with `text` in it; blocks until it is written."""
        follow = ["journalctl", "--quiet", "--all", "--output=json", "--follow", "--lines=all", self._after, OURS]
        with subprocess.Popen(follow, stdout=subprocess.PIPE, text=True) as following:
            alarm = threading.Timer(deadline, following.terminate)
            alarm.start()
            try:
                for line in following.stdout:
                    entry = json.loads(line)
                    if text in entry["MESSAGE"]:
                        return entry
            finally:
                alarm.cancel()
                following.terminate()
        said = "\n  ".join(self.supervisor_lines())
        raise AssertionError(f"waited {deadline:g} s in vain for {text!r} in the journal, which says:\n  {said}")


def text_of(entries: list[dict]) -> str:
    return "\n".join(str(entry.get("MESSAGE")) for entry in entries)
