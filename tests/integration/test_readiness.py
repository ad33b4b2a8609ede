"""When systemd takes the service for started, and what the proxy can tell it; sd_notify(3)."""

import os

import pytest

from harness.process import supervisor
from harness.puppet import NOTIFY_SOCKET, notify_as_stranger, puppet_command
from harness.systemd import active, main_pid, systemctl, wait_for_status, wait_until_active


@pytest.fixture
def starting(puppet):
    """A proxy that runs and has not said yet that it is ready."""
    puppet.install(puppet_command("notify('STATUS=loading')"))
    puppet.begin_to_start()
    wait_for_status(puppet.unit, "Starting the proxy: loading")
    return puppet


def has_taken_in_all_messages(puppet, state: str) -> None:
    """Messages come in order: this one is seen only after those before it."""
    puppet.do("notify('STATUS=after the others')")
    wait_for_status(puppet.unit, f"{state}: after the others")


def test_the_service_is_active_only_once_the_proxy_says_ready(starting):
    assert active(starting.unit) == "activating"
    starting.do("notify('READY=1')")
    wait_until_active(starting.unit)


def test_other_messages_do_not_make_the_service_active(starting):
    for message in ("READY=0", "READY=11", "READY", "ready=1", " READY=1", "X=1\\nXREADY=1", "STATUS=READY=1", "",
                    "\\0"):
        starting.do(f"notify('{message}')")
    has_taken_in_all_messages(starting, "Starting the proxy")
    assert active(starting.unit) == "activating"


def test_ready_counts_among_other_lines_of_one_message(starting):
    starting.do("notify('STATUS=serving\\nMAINPID=1\\nREADY=1\\nFDSTORE=1')")
    wait_until_active(starting.unit)
    wait_for_status(starting.unit, "Proxy ready: serving")


def test_the_proxys_status_is_passed_on(starting):
    starting.do("notify('STATUS=half of it loaded')")
    wait_for_status(starting.unit, "Starting the proxy: half of it loaded")
    starting.do("notify('READY=1')")
    wait_until_active(starting.unit)
    starting.do("notify('STATUS=3 requests in flight')")
    assert wait_for_status(starting.unit, "3 requests") == "Proxy ready: 3 requests in flight"


def test_a_hostile_status_stays_one_readable_line(starting):
    starting.do("notify('STATUS=\\x1b[31mred\\rand \\u009bwide')")
    assert wait_for_status(starting.unit, "wide") == "Starting the proxy: ?[31mred?and ?wide"
    starting.do("notify('STATUS=' + 'x' * 3000)")
    assert len(wait_for_status(starting.unit, "xxx")) <= 300


def test_the_proxy_cannot_name_another_main_process(starting):
    before = main_pid(starting.unit)
    starting.do("notify(f'MAINPID={os.getpid()}')")
    starting.do("notify('READY=1\\nMAINPID=1')")
    wait_until_active(starting.unit)
    has_taken_in_all_messages(starting, "Proxy ready")
    assert main_pid(starting.unit) == before


@pytest.mark.parametrize("user", ["test", "root"])
def test_messages_of_other_processes_are_ignored(starting, user):
    before = main_pid(starting.unit)
    for message in ("READY=1", "STATUS=from a stranger", "STOPPING=1", f"MAINPID={os.getpid()}\nREADY=1"):
        notify_as_stranger(message, user)
    has_taken_in_all_messages(starting, "Starting the proxy")
    assert active(starting.unit) == "activating"
    assert main_pid(starting.unit) == before


def test_messages_of_the_proxys_own_children_are_ignored(starting):
    send = f"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'READY=1', '{NOTIFY_SOCKET}')"
    starting.do(f"subprocess.run([sys.executable, '-c', {send!r}], check=True)")
    has_taken_in_all_messages(starting, "Starting the proxy")
    assert active(starting.unit) == "activating"


def test_other_users_cannot_write_to_the_notify_socket(starting):
    assert os.stat(NOTIFY_SOCKET).st_mode & 0o077 == 0
    assert os.stat(NOTIFY_SOCKET).st_uid == 1000


def test_too_long_messages_and_passed_descriptors_do_no_harm(starting):
    before = len(supervisor(starting.unit).descriptors())
    starting.do("notify('STATUS=' + 'x' * 100000 + '\\nREADY=1')")
    starting.do("s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ['NOTIFY_SOCKET']); "
                "socket.send_fds(s, [b'FDSTORE=1'], [0] * 100)")
    has_taken_in_all_messages(starting, "Starting the proxy")
    assert active(starting.unit) == "activating"
    assert len(supervisor(starting.unit).descriptors()) == before


def test_a_proxy_that_cannot_notify_is_ready_once_it_runs(puppet):
    puppet.install('command = ["/bin/sleep", "infinity"]\nready = "exec"')
    puppet.start()
    assert active(puppet.unit) == "active"
    assert puppet.process().status()["Name"] == "sleep"


def test_a_proxy_that_cannot_notify_gets_no_notify_socket_and_no_sockets(puppet):
    puppet.install(puppet_command() + '\nready = "exec"')
    puppet.start()
    given = puppet.evaluate("sorted(os.environ)")
    assert not {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"} & set(given)


def test_ready_from_a_proxy_that_counts_by_exec_says_nothing_more(puppet):
    puppet.install(puppet_command() + '\nready = "exec"')
    puppet.start()
    puppet.do(f"os.environ['NOTIFY_SOCKET'] = '{NOTIFY_SOCKET}'")
    puppet.do("notify('READY=1')")
    has_taken_in_all_messages(puppet, "Proxy ready")
    assert active(puppet.unit) == "active"


def test_a_proxy_that_is_not_ready_in_time_is_stopped_and_the_start_fails(puppet, journal):
    puppet.install(puppet_command() + '\nstart_timeout = "600ms"')
    failed = puppet.try_start()
    assert failed.returncode == 1
    assert (puppet.show("ActiveState"), puppet.show("ExecMainStatus")) == ("failed", "75")
    assert "proxy not ready within 0.6 s" in "\n".join(journal.supervisor_lines())
    assert "proxy not ready within 0.6 s" in puppet.show("StatusText")


def test_a_start_timeout_of_infinity_is_never_over(puppet):
    puppet.install(puppet_command() + '\nstart_timeout = "infinity"')
    puppet.begin_to_start()
    puppet.do("notify('READY=1')")
    wait_until_active(puppet.unit)
    systemctl("stop", puppet.unit)
