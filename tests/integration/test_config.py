"""Configurations that are wrong: one line that says where and what, exit status 78, and no restarts."""

from pathlib import Path

import pytest

from harness import web
from harness.command import Answer, attempt
from harness.puppet import CONFIG
from harness.state import changed_file
from harness.systemd import CADDY, active, show, systemctl, try_start

EX_CONFIG = 78
COMMAND = 'command = ["/bin/true"]'

# The text, where the mistake is, and what is said of it.
MISTAKES = {
    "unknown key": (f'[proxy]\n{COMMAND}\nstop_timout = "10s"\n', ":3:1: ",
                    "unknown key 'stop_timout' in [proxy]; did you mean 'stop_timeout'?"),
    "unknown table": (f"[proxy]\n{COMMAND}\n[podmann]\ndns = true\n", ":3:2: ",
                      "unknown table [podmann]; did you mean [podman]?"),
    "key in the wrong table": (f"[proxy]\n{COMMAND}\ndns = true\n", ":3:1: ", "it belongs in [podman]"),
    "wrong type": (f"[proxy]\n{COMMAND}\nstart_timeout = 60\n", ":3:17: ",
                   "'start_timeout' must be a duration such as \"60s\", not the integer 60; write \"60s\""),
    "wrong type of an argument": ('[proxy]\ncommand = [\n  "/bin/true",\n  7,\n]\n', ":4:3: ",
                                  "'command' must hold strings only, not the integer 7"),
    "bad duration": (f'[proxy]\n{COMMAND}\nstop_timeout = "10 parsecs"\n', ":3:16: ",
                     "bad duration \"10 parsecs\" for 'stop_timeout'"),
    "bad signal": (f'[proxy]\n{COMMAND}\nstop_signal = "SIGTEMR"\n', ":3:15: ", 'did you mean "SIGTERM"?'),
    "relative program": ('[proxy]\ncommand = ["caddy", "run"]\n', ":2:12: ", "must begin with an absolute path"),
    "no command": ("[proxy]\n", ":1:2: ", "[proxy] lacks 'command'"),
    "no TOML": (f"[proxy]\n{COMMAND}\nready = notify\n", ":3:", 'write ready = "notify"'),
    "the same key twice": (f"[proxy]\n{COMMAND}\n{COMMAND}\n", ":3:", "cannot redefine"),
}


def check(file: Path, user: str = "test") -> Answer:
    return attempt("rootless-supervisor", "check", "--config", str(file), user=user)


@pytest.fixture
def file():
    """A configuration that everyone may read."""
    path = Path("/run/a-test.toml")
    yield path
    path.unlink(missing_ok=True)


def refused(answer: Answer, file: Path) -> str:
    """What is said about the file, in one line."""
    assert (answer.returncode, answer.stdout) == (EX_CONFIG, "")
    assert answer.stderr.count("\n") == 1, answer.stderr
    prefix = f"rootless-supervisor: {file}:"
    assert answer.stderr.startswith(prefix)
    return answer.stderr.removeprefix(prefix[:-1]).rstrip("\n")


def test_the_shipped_configuration_is_right():
    answer = attempt("rootless-supervisor", "check", "caddy", user="test")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "/etc/rootless-supervisor/caddy.toml: OK\n", "")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_check_says_where_the_mistake_is_and_what_to_write(file, mistake):
    text, place, message = MISTAKES[mistake]
    file.write_text(text)
    said = refused(check(file), file)
    assert said.startswith(place)
    assert message in said


def test_check_names_a_missing_file(file):
    assert refused(check(file), file).startswith(": cannot read: No such file or directory; ")


def test_check_names_a_file_that_the_user_may_not_read(file):
    file.write_text(f"[proxy]\n{COMMAND}\n")
    file.chmod(0o600)
    said = refused(check(file), file)
    assert said.startswith(": cannot read: Permission denied; ")
    assert "readable for the user that the service runs as" in said
    assert check(file, user="root").returncode == 0


def test_check_names_a_directory(file):
    assert refused(check(Path("/run")), Path("/run")).startswith(": cannot read: Is a directory; ")


def test_a_name_with_a_path_in_it_is_a_mistake_of_usage():
    answer = attempt("rootless-supervisor", "check", "../../etc/passwd", user="test")
    assert answer.returncode == 64
    assert "'../../etc/passwd' is not a name" in answer.stderr


@pytest.mark.parametrize("mistake", ["unknown key", "wrong type", "bad duration", "no TOML"])
def test_the_service_fails_with_78_on_a_wrong_configuration(puppet, journal, mistake):
    text, place, message = MISTAKES[mistake]
    puppet.configure(text)
    assert puppet.try_start().returncode == 1
    assert (puppet.show("Result"), puppet.show("ExecMainStatus")) == ("exit-code", str(EX_CONFIG))
    lines = journal.of_supervisor()
    assert len(lines) == 1
    assert lines[0]["MESSAGE"].startswith(f"{CONFIG}{place}")
    assert message in lines[0]["MESSAGE"]
    assert lines[0]["PRIORITY"] == "3"


def test_the_service_fails_with_78_on_a_file_that_its_user_may_not_read(puppet, journal):
    puppet.configure(f"[proxy]\n{COMMAND}\n")
    CONFIG.chmod(0o600)
    assert puppet.try_start().returncode == 1
    assert puppet.show("ExecMainStatus") == str(EX_CONFIG)
    assert journal.supervisor_lines()[0].startswith(f"{CONFIG}: cannot read: Permission denied; ")


def test_the_service_fails_with_78_without_a_file(puppet, journal):
    assert puppet.try_start().returncode == 1
    assert puppet.show("ExecMainStatus") == str(EX_CONFIG)
    assert journal.supervisor_lines()[0].startswith(f"{CONFIG}: cannot read: No such file or directory; ")


def test_caddy_service_does_not_restart_on_a_wrong_configuration_and_starts_on_the_right_one(idle):
    """With Restart=on-failure of the shipped unit it would be in auto-restart by now, not failed."""
    with changed_file(Path("/etc/rootless-supervisor/caddy.toml"), MISTAKES["unknown key"][0]):
        assert try_start(CADDY).returncode == 1
        assert (show(CADDY, "ActiveState"), show(CADDY, "SubState")) == ("failed", "failed")
        assert (show(CADDY, "ExecMainStatus"), show(CADDY, "NRestarts")) == (str(EX_CONFIG), "0")
    systemctl("start", CADDY)
    assert active(CADDY) == "active"
    assert web.serves_whoami()
