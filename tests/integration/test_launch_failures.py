"""A proxy that cannot be run: one clear line, and an exit status that tells why."""

import pytest

from harness.puppet import puppet_command


def failed_with(puppet, status: int, journal) -> str:
    """The line that the supervisor has for it; it also stands in systemctl status."""
    assert puppet.try_start().returncode == 1
    assert (puppet.show("ActiveState"), puppet.show("Result")) == ("failed", "exit-code")
    assert puppet.show("ExecMainStatus") == str(status)
    errors = [entry["MESSAGE"] for entry in journal.of_supervisor() if int(entry["PRIORITY"]) <= 4]
    assert len(errors) == 1, errors
    assert errors[0].endswith(f"exiting with status {status}")
    return errors[0]


def test_a_program_that_does_not_exist_gives_127(puppet, journal):
    puppet.install('command = ["/usr/local/bin/no-such-proxy", "run"]')
    assert "cannot execute '/usr/local/bin/no-such-proxy': No such file or directory" in failed_with(
        puppet, 127, journal)
    assert "cannot execute '/usr/local/bin/no-such-proxy'" in puppet.show("StatusText")


@pytest.mark.parametrize("program", ["/etc/passwd", "/usr/bin"])
def test_a_program_that_is_not_executable_gives_126(puppet, journal, program):
    puppet.install(f'command = ["{program}"]')
    line = failed_with(puppet, 126, journal)
    assert f"cannot execute '{program}': Permission denied" in line
    assert "the file must be executable for the service's user" in line


def test_a_program_in_a_home_that_the_unit_hides_gives_126(puppet, journal):
    puppet.install('command = ["/home/test/bin/proxy"]')
    assert "cannot execute '/home/test/bin/proxy': Permission denied" in failed_with(puppet, 126, journal)


def test_a_program_of_no_known_format_gives_126(puppet, journal):
    puppet.install('command = ["/srv/puppet/proxy.py"]')
    puppet.program("neither an ELF file nor a script\n")
    assert "cannot execute '/srv/puppet/proxy.py': Exec format error" in failed_with(puppet, 126, journal)


def test_a_script_whose_interpreter_is_missing_gives_127(puppet, journal):
    puppet.install('command = ["/srv/puppet/proxy.py"]')
    puppet.program("#!/usr/bin/no-such-interpreter\n")
    assert "No such file or directory" in failed_with(puppet, 127, journal)


def test_the_failed_start_leaves_no_process_behind(puppet, journal):
    puppet.install('command = ["/usr/local/bin/no-such-proxy"]')
    failed_with(puppet, 127, journal)
    assert puppet.show("ControlGroup") == ""


def test_arguments_reach_the_proxy_as_they_stand_in_the_configuration(puppet):
    words = ["$HOME", "a b", "", "%n", "\\t", "ä€", "--", "*"]
    puppet.install(puppet_command("notify('READY=1')", *(f"({word!r})" for word in words)))
    puppet.start()
    assert puppet.evaluate("[eval(word) for word in sys.argv[2:]]") == words
