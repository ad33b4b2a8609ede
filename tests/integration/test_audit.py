"""rootless-supervisor audit: real Caddy as it is shipped, and proxies that are not as their configuration promises."""

import json

import pytest

from harness import USER
from harness.command import Answer, attempt, run
from harness.control import socket_of
from harness.process import supervisor
from harness.puppet import CONFIG, puppet_command

DIFFERS, UNREACHABLE = 1, 4
READY = puppet_command("notify('READY=1')")
# Loads a filter of its own that allows everything, as a program may that has no_new_privs.
OWN_FILTER = ("import struct; libc = ctypes.CDLL(None, use_errno=True); "
              "code = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000)); "
              "program = struct.pack('HxxxxxxP', 1, ctypes.addressof(code)); "
              "assert libc.syscall(317, 1, 0, program) == 0, ctypes.get_errno()")


def audit(name: str = "caddy", *options: str, user: str = "root") -> Answer:
    return attempt("rootless-supervisor", "audit", name, *options, user=user)


def findings(answer: Answer) -> dict[str, str]:
    """Each line by its topic, with its mark."""
    lines = [line[2:] for line in answer.stdout.splitlines() if line.startswith("  ") and line[2] in "+!-"]
    return {" ".join(line[2:].split("  ")[0].split()): line for line in lines}


def differences(answer: Answer) -> list[str]:
    return [line for line in findings(answer).values() if line.startswith("!")]


@pytest.fixture
def running(puppet):
    def start(policy: str = "", unit_lines: str = "", statements: tuple[str, ...] = ()):
        puppet.install(puppet_command("notify('READY=1')", *statements), f"[policy]\n{policy}" if policy else "",
                       unit_lines)
        puppet.start()
        return puppet
    return start


@pytest.mark.parametrize("user", ["root", USER])
def test_caddy_as_it_is_shipped_is_as_promised(caddy, user):
    answer = audit(user=user)
    assert differences(answer) == []
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(answer.stdout.splitlines()) <= 30, "more than a screen"


def test_root_is_told_what_the_kernel_would_answer(caddy, caddy_proxy):
    answer = audit()
    seen = findings(answer)
    assert "instruction for instruction" in seen["filters"]
    assert seen["system calls"].startswith("+")
    assert "within reach" not in seen["never reachable"]
    assert f"process {caddy_proxy.pid} (caddy)" in answer.stdout
    assert "stood still for" in answer.stdout


def test_without_root_the_calls_are_those_of_the_configuration(caddy):
    calls = findings(audit(user=USER))["system calls"]
    assert calls.startswith("-") and "as the configuration promises; root sees" in calls


def test_paths_and_sockets_of_caddy_are_named(caddy):
    seen = findings(audit())
    for path in ("/srv/caddy/caddy_config", "/srv/caddy/caddy_data", "/tmp"):
        assert path in seen["writable"]
    for address in ("[::]:443", "[::]:443 (datagram)", "/srv/caddy/socket/caddy.sock"):
        assert address in seen["listens"]


def test_the_audit_leaves_caddy_as_it_was(caddy, caddy_proxy):
    before = caddy_proxy.status()
    audit()
    after = caddy_proxy.status()
    assert after["TracerPid"] == "0"
    assert after["State"].split()[0] in "SR"
    assert supervisor().pid == caddy.pid
    assert {name: before[name] for name in ("Pid", "Seccomp_filters")} == \
           {name: after[name] for name in ("Pid", "Seccomp_filters")}


def test_json_says_the_same(caddy, caddy_proxy):
    for mode in ("short", "pretty"):
        answer = audit("caddy", f"--json={mode}")
        report = json.loads(answer.stdout)
        assert report["asPromised"] is True and report["pid"] == caddy_proxy.pid
        assert {"read", "epoll_wait", "accept4"} <= set(report["systemCalls"]["reachable"])
        assert not {"mount", "setns", "ptrace"} & {*report["systemCalls"]["reachable"],
                                                   *report["systemCalls"]["withSomeArguments"]}
        assert report["systemCalls"]["source"] == "kernel"
        assert (len(answer.stdout.splitlines()) == 1) == (mode == "short")


def test_the_kernel_refuses_what_the_audit_calls_out_of_reach(running):
    """What is said comes from the filters; here a process that has them tries."""
    puppet = running()
    report = json.loads(audit("puppet", "--json=short").stdout)
    reachable = report["systemCalls"]["reachable"]
    assert "getpriority" in reachable and "timerfd_create" in reachable
    assert "swapon" not in reachable and "chroot" not in reachable
    assert puppet.errno_of("os.chroot('/')") == "EPERM"
    assert puppet.errno_of("os.timerfd_create(0)") == ""


@pytest.mark.parametrize("user", ["root", USER])
def test_another_filter_is_named(running, user):
    running(statements=(OWN_FILTER,))
    answer = audit("puppet", user=user)
    assert answer.returncode == DIFFERS
    assert findings(answer)["filters"].startswith("!")
    assert "promised: " in answer.stdout


def test_a_directory_that_the_unit_leaves_writable_is_named(running):
    running("profile = 'nginx'\nread = ['/srv/puppet']\nexecute = ['/srv/puppet']\nwrite = ['${RUNTIME_DIRECTORY}']",
            "ReadWritePaths=/srv/caddy/caddy_static")
    answer = audit("puppet")
    assert answer.returncode == DIFFERS
    assert len(differences(answer)) == 1 and "/srv/caddy/caddy_static" in findings(answer)["writable too"]


def test_capabilities_that_are_kept_are_as_promised(running):
    running("capabilities = ['CAP_NET_BIND_SERVICE']")
    answer = audit("puppet")
    assert differences(answer) == [] and answer.returncode == 0
    assert "effective CAP_NET_BIND_SERVICE" in findings(answer)["capabilities"]


def test_what_the_configuration_has_changed_since_is_named(running):
    running("capabilities = ['CAP_NET_BIND_SERVICE']\nallow = ['timerfd_create']")
    CONFIG.write_text(f"[proxy]\n{READY}\n[policy]\ndeny = ['timerfd_create']\n")
    answer = audit("puppet")
    assert answer.returncode == DIFFERS
    seen = findings(answer)
    assert "has changed since" in seen["configuration"]
    assert seen["capabilities"].startswith("!")
    assert "beyond the promise: timerfd_create" in seen["system calls"]


def test_a_port_that_is_not_listed_is_named(running):
    puppet = running(statements=("own = socket.socket(); own.bind(('127.0.0.1', 8099)); own.listen()",))
    assert "127.0.0.1:8099, by itself" in audit("puppet").stdout
    assert puppet.evaluate("own.fileno()") > 2


def test_a_configuration_that_is_wrong_is_no_promise(running):
    running()
    CONFIG.write_text("[proxy]\nno_such_key = []\n")
    answer = audit("puppet")
    assert answer.returncode == 78 and "no_such_key" in answer.stderr


def test_a_service_that_is_down_is_not_audited(idle):
    answer = audit()
    assert (answer.returncode, answer.stdout) == (UNREACHABLE, "")
    assert answer.stderr.count("\n") == 1
    assert f"cannot audit the proxy of caddy: control socket '{socket_of()}': No such file" in answer.stderr


def test_a_proxy_that_was_stopped_is_not_audited(fresh_caddy):
    run("varlinkctl", "call", str(socket_of()), "io.rootless.Supervisor.Stop", "{}")
    answer = audit()
    assert answer.returncode == UNREACHABLE and "none runs, the service is in state held" in answer.stderr
