"""[policy] in the machine: real Caddy under its own profile, and what it and another proxy are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import USER, web
from harness.command import attempt, run
from harness.control import socket_of
from harness.journal import Journal
from harness.podman import CONTAINER
from harness.process import of_proxies, proxy
from harness.puppet import puppet_command
from harness.state import changed_file, known_state
from harness.systemd import CADDY, systemctl, try_start

CONFIG = Path("/etc/rootless-supervisor/caddy.toml")
STATIC = Path("/srv/caddy/caddy_static")
ELSEWHERE = Path("/var/lib/elsewhere")
CAP_NET_BIND_SERVICE = 1 << 10


@contextmanager
def caddy_with(policy: str) -> Iterator[None]:
    text = CONFIG.read_text()
    with changed_file(CONFIG, f"{text}\n[policy]\n{policy}\n"):
        systemctl("restart", CADDY)
        yield
    known_state(caddy=False)


@pytest.fixture
def readable_file() -> Iterator[str]:
    """A file that everybody may read, in none of the places of Caddy's profile, behind a link among the static files."""
    ELSEWHERE.mkdir(mode=0o755)
    (ELSEWHERE / "file").write_text("from elsewhere")
    (ELSEWHERE / "file").chmod(0o644)
    link = STATIC / "elsewhere"
    link.symlink_to(ELSEWHERE / "file")
    yield "elsewhere"
    link.unlink()
    (ELSEWHERE / "file").unlink()
    ELSEWHERE.rmdir()


def static_answer(name: str) -> tuple[int, str]:
    response = web.get(f"http://{web.STATIC}/{name}")
    return response.status, response.body


def test_caddy_runs_under_its_own_profile(caddy_proxy):
    answer = attempt("rootless-supervisor", "check", "caddy")
    assert (answer.returncode, answer.stdout) == (0, f"{CONFIG}: OK\n")
    assert caddy_proxy.status()["Seccomp"] == "2"
    assert web.serves_whoami()


def test_a_readable_file_outside_of_the_list_is_refused_to_caddy_and_given_when_listed(idle, readable_file):
    with caddy_with("landlock = 'enforce'"):
        assert static_answer(readable_file)[0] == 403
        assert web.serves_whoami()
    with caddy_with(f"landlock = 'enforce'\nread = ['{ELSEWHERE}']"):
        assert static_answer(readable_file) == (200, "from elsewhere")
    with caddy_with("landlock = 'off'"):
        assert static_answer(readable_file) == (200, "from elsewhere")


def test_caddy_keeps_the_capability_that_was_asked_for_and_no_other(idle):
    with caddy_with("capabilities = ['CAP_NET_BIND_SERVICE']"):
        sets = proxy().capabilities()
        assert {name: sets[name] for name in ("CapPrm", "CapEff", "CapBnd")} == dict.fromkeys(
            ("CapPrm", "CapEff", "CapBnd"), CAP_NET_BIND_SERVICE)
        assert (sets["CapInh"], sets["CapAmb"]) == (0, 0)
        assert web.serves_whoami()


def test_a_path_of_the_users_own_that_is_not_there_ends_the_start(idle):
    mark = Journal()
    text = CONFIG.read_text()
    with changed_file(CONFIG, f"{text}\n[policy]\nread = ['/nonexistent']\n"):
        assert try_start(CADDY).returncode != 0
    wanted = f"{CONFIG}: cannot open path '/nonexistent' of [policy]: No such file or directory"
    assert wanted in [entry["MESSAGE"] for entry in mark.entries(f"_SYSTEMD_UNIT={CADDY}")]
    known_state(caddy=False)


def test_a_reload_takes_a_new_policy(idle):
    known_state(caddy=True)
    assert proxy().capabilities()["CapEff"] == 0
    text = CONFIG.read_text()
    with changed_file(CONFIG, f"{text}\n[policy]\ncapabilities = ['CAP_NET_BIND_SERVICE']\n"):
        systemctl("reload", CADDY)
        assert CAP_NET_BIND_SERVICE in of_proxies(lambda each: each.capabilities()["CapEff"])
    known_state(caddy=False)


def test_a_reload_with_a_wrong_policy_is_refused_and_the_old_one_holds(idle):
    known_state(caddy=True)
    pid = proxy().pid
    mark = Journal()
    text = CONFIG.read_text()
    with changed_file(CONFIG, f"{text}\n[policy]\nprofile = 'nothing'\n"):
        systemctl("reload", CADDY)
    messages = [entry["MESSAGE"] for entry in mark.entries(f"_SYSTEMD_UNIT={CADDY}")]
    assert any("there is no policy profile 'nothing'" in message for message in messages)
    assert proxy().pid == pid


@pytest.fixture(scope="module")
def restricted(all_idle, puppet_unit):
    policy = ("[policy]\ndeny = ['chmod', 'fchmodat', 'fchmodat2', '@timer']\n"
              "capabilities = ['CAP_NET_BIND_SERVICE']")
    puppet_unit.install(puppet_command("notify('READY=1')"), policy)
    puppet_unit.start()
    yield puppet_unit
    puppet_unit.rest()


@pytest.mark.parametrize("call", ["os.chmod('/tmp', 0o700)", "os.timerfd_create(0)"])
def test_a_denied_call_is_refused(restricted, call):
    assert restricted.errno_of(call) == "EPERM"


def test_a_signal_to_a_process_outside_of_the_sandbox_is_refused(restricted):
    """The supervisor is of the same user: it is Landlock that stands between them."""
    supervisor = restricted.show("MainPID")
    assert restricted.errno_of(f"os.kill({supervisor}, 0)") == "EPERM"


def test_a_kept_capability_is_of_use_in_podmans_network_and_goes_no_further(restricted):
    assert restricted.errno_of("socket.socket().bind(('127.0.0.1', 81))") == ""
    assert restricted.errno_of("os.chroot('/tmp')") == "EPERM"
    assert restricted.errno_of("os.setgroups([])") == "EPERM"
    child = "[l for l in subprocess.run(['cat', '/proc/self/status'], capture_output=True, text=True).stdout.split('\\n')"
    assert restricted.evaluate(f"{child} if l.startswith('CapEff')][0]") == f"CapEff:\t{CAP_NET_BIND_SERVICE:016x}"


@contextmanager
def inside(policy: str) -> Iterator[tuple[str, ...]]:
    """How a command is run in the sandbox of a configuration with this [policy]."""
    path = Path("/etc/rootless-supervisor/of-test-policy.toml")
    path.write_text(f"[proxy]\ncommand = ['/bin/true']\n[policy]\n{policy}\n")
    path.chmod(0o644)
    try:
        yield "rootless-supervisor", "exec", path.stem, "--"
    finally:
        path.unlink()


def test_exec_under_a_named_profile_reads_what_that_lets_it_read(all_idle, readable_file):
    with inside("profile = 'caddy'\nlandlock = 'enforce'") as sandbox:
        assert run(*sandbox, "cat", "/etc/resolv.conf", user=USER).startswith("#")
        answer = attempt(*sandbox, "cat", str(ELSEWHERE / "file"), user=USER)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr == f"cat: {ELSEWHERE}/file: Permission denied\n"


@pytest.mark.parametrize("profile", ["caddy", "nginx", "haproxy", "traefik"])
def test_no_profile_of_a_proxy_lets_it_take_the_control_sockets_place(all_idle, profile):
    """Its directory belongs to the user whose processes both are."""
    known_state(caddy=True)
    control = socket_of()
    own = ("env", f"RUNTIME_DIRECTORY={control.parent}")
    with inside(f"profile = '{profile}'\nlandlock = 'enforce'") as sandbox:
        answer = attempt(*own, *sandbox, "mv", str(control), f"{control}.away", user=USER)
        assert answer.stderr.endswith("Permission denied\n")
    assert control.is_socket()


def test_exec_keeps_capabilities_as_well(all_idle):
    with inside("capabilities = ['CAP_NET_BIND_SERVICE']") as sandbox:
        status = run(*sandbox, "grep", "CapEff", "/proc/self/status", user=USER)
        assert status == f"CapEff:\t{CAP_NET_BIND_SERVICE:016x}\n"
        assert "GET / HTTP/1.1" in run(*sandbox, "curl", "-s", f"http://{CONTAINER}", user=USER)
