"""What the proxy is refused by its system call filter: people read of it in the journal, with what to do about it.

Only calls that the unit's own filter lets through get there: it answers first what it refuses (seccomp(2)).
"""

import socket

import pytest

from harness import control
from harness.command import attempt, run
from harness.journal import Journal
from harness.puppet import UNIT, puppet_command
from harness.wait import wait_for

READY = puppet_command("libc = ctypes.CDLL(None, use_errno=True)", """
def ipc(function, *arguments):
    if getattr(libc, function)(*arguments) < 0: raise OSError(ctypes.get_errno(), function)
""", "notify('READY=1')")


def lines(journal: Journal, word: str) -> list[dict]:
    return [entry for entry in journal.entries(f"_SYSTEMD_UNIT={UNIT}") if word in entry["MESSAGE"]]


@pytest.fixture(scope="module")
def started(all_idle, puppet_unit):
    puppet_unit.install(READY, "[policy]\ndeny = ['mknod', 'mknodat', '@timer']")
    puppet_unit.start()
    yield puppet_unit
    puppet_unit.rest()


def test_a_refused_call_is_told_once_with_the_remedy(started):
    mark = Journal()
    for _ in range(3):
        assert started.errno_of("ipc('msgget', 0, 0)") == "EPERM"
    told = lines(mark, "refused")
    assert [entry["MESSAGE"] for entry in told] == [
        "the proxy was refused system call 'msgget' (EPERM) by profile generic; to allow it: allow = [\"msgget\"] "
        "in [policy]"]
    assert (told[0]["SYSCALL"], told[0]["PRIORITY"]) == ("msgget", "4")


def test_the_arguments_that_the_profile_looks_at_are_told(started):
    mark = Journal()
    assert started.errno_of("socket.socketpair(socket.AF_PACKET)") == "EPERM"
    assert f"'socketpair' with AF_PACKET, {socket.SOCK_STREAM | socket.SOCK_CLOEXEC}, 0 (EPERM)" in lines(mark, "refused")[0]["MESSAGE"]


def test_a_deny_of_the_users_own_is_named(started):
    mark = Journal()
    assert started.errno_of("os.mknod('/tmp/pipe')") == "EPERM"
    assert started.errno_of("os.timerfd_create(0)") == "EPERM"
    told = [entry["MESSAGE"] for entry in lines(mark, "refused")]
    assert [message.partition("; ")[2] for message in told] == [
        '[policy] asks for that: deny = ["mknodat"]', '[policy] asks for that: deny = ["@timer"]']


def test_a_program_that_the_proxy_runs_is_heard_as_well(started):
    mark = Journal()
    program = "['python3', '-c', 'import ctypes; ctypes.CDLL(None).semget(0, 1, 0)']"
    assert started.evaluate(f"subprocess.run({program}).returncode") == 0
    assert [entry["SYSCALL"] for entry in lines(mark, "refused")] == ["semget"]


def test_refusals_are_counted_in_status_and_metrics(started):
    before = control.status("puppet")["policy"]["refused"]
    for _ in range(5):
        started.errno_of("ipc('msgget', 0, 0)")
    assert control.status("puppet")["policy"]["refused"] == before + 5
    metrics = control.call("GetMetrics", "puppet")["metrics"]
    assert f'rootless_supervisor_refused_system_calls_total{{name="puppet"}} {before + 5}\n' in metrics


def test_a_flood_of_refused_calls_leaves_the_supervisor_answering(started):
    started.do("import threading")
    started.do("flooding = True")
    started.do("def flood():\n"
               "    while flooding:\n"
               "        try: ipc('msgget', 0, 0)\n"
               "        except PermissionError: pass\n")
    started.do("floods = [threading.Thread(target=flood) for _ in range(4)]\n"
               "for each in floods: each.start()")
    before = control.status("puppet")["policy"]["refused"]
    wait_for("the flood to be on its way", lambda: control.status("puppet")["policy"]["refused"] > before + 1000)
    mark = Journal()
    assert control.call("Restart", "puppet") == {}  # a successor takes over while the old one floods
    assert control.status("puppet")["state"] == "running"
    assert lines(mark, "refused system call") == []


def test_the_end_of_a_proxy_sums_up(puppet):
    puppet.install(READY)
    puppet.start()
    mark = Journal()
    for _ in range(7):
        puppet.errno_of("ipc('msgget', 0, 0)")
    run("systemctl", "stop", UNIT)
    (summary,) = lines(mark, "in all")
    assert summary["MESSAGE"] == "the proxy was refused 7 system calls in all: msgget 7 times"
    assert summary["REFUSED"] == "7"


def test_a_proxy_killed_by_its_filter_ends_with_the_reason(puppet):
    puppet.install(READY)
    puppet.start()
    pid = puppet.process().pid
    mark = Journal()
    with pytest.raises((ValueError, OSError)):  # it dies of the call, without an answer
        puppet.do("os.unshare(0)")
    said = wait_for("the end to be told", lambda: lines(mark, "SIGSYS"))
    assert ("proxy was killed by SIGSYS: its system call filter (profile generic) forbids what it called, by the number "
            "after 'syscall=' in the kernel's log: journalctl --dmesg --grep 'type=1326 .* pid=" f"{pid} '") in said[0]["MESSAGE"]


def test_exec_refuses_in_silence(all_idle):
    answer = attempt("rootless-supervisor", "exec", "--", "chroot", "/", "true", user="test")
    assert (answer.returncode, "Operation not permitted" in answer.stderr) == (125, True)
    assert "refused" not in answer.stderr
