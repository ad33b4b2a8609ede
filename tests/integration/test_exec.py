"""rootless-supervisor exec: any command in the containers' network, in the proxy's sandbox."""

import json
import signal
import subprocess

import pytest

from harness import UID, USER
from harness.command import Answer, attempt, command_line
from harness.podman import CONTAINER, gateway, rootless_netns, stop_whoami
from harness.puppet import CONFIG
from harness.systemd import stop_user_manager

pytestmark = pytest.mark.usefixtures("all_idle")


def inside(*command: str, user: str = USER, name: str = "", stdin: str = "") -> Answer:
    words = ["rootless-supervisor", "exec", *([name] if name else []), "--", *command]
    return attempt(*words, user=user, stdin=stdin)


@pytest.mark.parametrize("name", ["whoami", CONTAINER, "whoami.dns.podman"])
def test_a_container_answers_by_its_names(name):
    answer = inside("curl", "--silent", "--show-error", f"http://{name}")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert f"GET / HTTP/1.1\nHost: {name}\n" in answer.stdout


def test_the_command_asks_the_name_server_of_the_containers_network():
    settings = inside("grep", "-v", "^#", "/etc/resolv.conf").stdout
    assert settings == f"search dns.podman\nnameserver {gateway()}\n"


@pytest.mark.parametrize("status", [0, 1, 7, 126, 127, 255])
def test_the_commands_exit_status_is_passed_through(status):
    answer = inside("sh", "-c", f"exit {status}")
    assert (answer.returncode, answer.stdout, answer.stderr) == (status, "", "")


def test_a_signal_that_ends_the_command_is_seen_as_such():
    answer = subprocess.run(command_line(("rootless-supervisor", "exec", "--", "sh", "-c", "kill -TERM $$"), USER))
    assert answer.returncode == -signal.SIGTERM


def test_standard_streams_are_the_commands_own():
    answer = inside("sh", "-c", "cat; echo to stderr >&2", stdin="through\nand through\n")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "through\nand through\n", "to stderr\n")


def test_arguments_are_passed_through_untouched():
    words = ["", " a  b ", "$HOME", "*", "--", "-x", "ä€🙂"]
    answer = inside("python3", "-c", "import json, sys; print(json.dumps(sys.argv[1:]))", *words)
    assert json.loads(answer.stdout) == words


def test_the_command_has_no_capability_and_can_get_no_privilege():
    status = dict(line.split(":\t") for line in inside("cat", "/proc/self/status").stdout.splitlines())
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.parametrize("kind", ["user", "net"])
def test_the_command_is_in_podmans_namespaces(kind):
    podmans = attempt("podman", "unshare", "--rootless-netns", "readlink", f"/proc/self/ns/{kind}", user=USER).stdout
    assert inside("readlink", f"/proc/self/ns/{kind}").stdout == podmans
    assert kind != "net" or podmans.strip() == rootless_netns()


def test_the_command_holds_no_descriptor_but_its_streams():
    assert inside("sh", "-c", "ls /proc/$$/fd").stdout.split() == ["0", "1", "2"]


def test_the_callers_environment_and_directory_stay():
    answer = inside("sh", "-c", "pwd; echo $HOME $XDG_RUNTIME_DIR")
    assert answer.stdout == f"/home/test\n/home/test /run/user/{UID}\n"


@pytest.mark.parametrize("command", ["no-such-command", "/no/such/command"])
def test_an_unknown_command_gives_127(command):
    answer = inside(command)
    assert (answer.returncode, answer.stdout) == (127, "")
    assert answer.stderr.startswith("rootless-supervisor: cannot ")
    assert f"'{command}'" in answer.stderr


def test_a_command_that_is_not_executable_gives_126():
    answer = inside("/etc/passwd")
    assert answer.returncode == 126
    assert "cannot execute '/etc/passwd': Permission denied" in answer.stderr


def test_root_is_told_to_be_the_user_of_the_containers():
    answer = inside("true", user="root")
    assert answer.returncode == 64
    assert "not by root: runuser -u USER -- rootless-supervisor exec" in answer.stderr


def test_a_user_without_podman_is_told_what_is_missing():
    answer = inside("true", user="nobody")
    assert answer.returncode == 69
    assert answer.stderr.count("\n") == 1
    assert "/run/user/65534/libpod/tmp/pause.pid" in answer.stderr


def test_without_a_container_it_says_so_at_once(idle_again):
    stop_whoami()
    answer = inside("true")
    assert answer.returncode == 69
    assert answer.stderr.startswith("rootless-supervisor: cannot open network namespace ")
    assert answer.stderr.count("\n") == 1


def test_without_a_user_manager_it_says_so_at_once(idle_again):
    stop_user_manager()
    answer = inside("true")
    assert answer.returncode == 69
    assert f"/run/user/{UID}/libpod/tmp/pause.pid" in answer.stderr


def test_it_takes_podmans_settings_from_the_named_configuration():
    assert inside("readlink", "/proc/self/ns/net", name="caddy").stdout.strip() == rootless_netns()


def test_a_network_that_the_configuration_names_must_be_there(puppet):
    puppet.install('command = ["/bin/true"]', 'network = "no-such-network"')
    answer = inside("true", name="puppet")
    assert answer.returncode == 69
    assert "Podman network 'no-such-network' has no DNS" in answer.stderr


def test_without_dns_in_the_configuration_the_command_asks_the_hosts_name_server(puppet):
    puppet.install('command = ["/bin/true"]', "dns = false")
    with open("/etc/resolv.conf") as hosts:
        assert inside("cat", "/etc/resolv.conf", name="puppet").stdout == hosts.read()


def test_a_wrong_configuration_is_refused_as_everywhere(puppet):
    puppet.configure("[proxy]\nnonsense = 1\n")
    answer = inside("true", name="puppet")
    assert answer.returncode == 78
    assert answer.stderr.startswith(f"rootless-supervisor: {CONFIG}:2:1: unknown key")


@pytest.mark.parametrize("words", [["exec"], ["exec", "curl", "http://whoami"], ["exec", "--"], ["--", "true"]])
def test_a_command_without_its_separator_is_a_mistake_of_usage(words):
    answer = attempt("rootless-supervisor", *words, user=USER)
    assert answer.returncode == 64
    assert "--help" in answer.stderr


def test_several_at_once_do_not_disturb_each_other():
    command = command_line(("rootless-supervisor", "exec", "--", "curl", "-s", "http://whoami"), USER)
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    assert all("GET / HTTP/1.1" in process.communicate(timeout=30)[0] for process in running)
    assert {process.returncode for process in running} == {0}
