"""The sandbox from the inside: what a proxy that was taken over could try, tried."""

import signal

import pytest

from harness import UID
from harness.podman import gateway
from harness.puppet import puppet_command

SECUREBITS_LOCKED = 0xEF  # NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE and KEEP_CAPS locked; capabilities(7)


@pytest.fixture(scope="module")
def inside(all_idle, puppet_unit):
    puppet_unit.install(puppet_command("notify('READY=1')"))
    puppet_unit.start()
    yield puppet_unit
    puppet_unit.rest()


def test_the_securebits_are_set_and_locked(inside):
    assert inside.evaluate("securebits()") == SECUREBITS_LOCKED


def test_the_proxy_is_root_in_name_only(inside):
    """Podman's user namespace shows its user as root."""
    assert inside.evaluate("os.getuid()") == 0
    assert inside.process().status()["Uid"].split()[0] == str(UID)
    assert set(inside.process().capabilities().values()) == {0}


@pytest.mark.parametrize("directory", ["/", "/usr/local/bin", "/etc", "/srv/caddy", "/run", "/run/lock",
                                       "/var/lib", "/home"])
def test_no_file_can_be_made_outside_its_own_directories(inside, directory):
    path = f"{directory}/by-a-test"
    assert inside.errno_of(f"(os.mkdir('{path}'), os.rmdir('{path}'))") in ("EROFS", "EACCES")


@pytest.mark.parametrize("path", ["/usr/local/bin/caddy", "/etc/passwd", "/etc/resolv.conf", "/srv/caddy/Caddyfile",
                                  "/srv/caddy/caddy_static/file.txt", "/proc/sys/kernel/hostname"])
def test_no_file_outside_its_own_directories_can_be_changed(inside, path):
    assert inside.errno_of(f"open('{path}', 'a').close()") in ("EROFS", "EACCES", "ENOENT")


@pytest.mark.parametrize("path", ["/home/test", "/run/user/1000", "/root"])
def test_no_home_and_no_runtime_directory_can_be_looked_into(inside, path):
    assert inside.errno_of(f"os.listdir('{path}')") in ("ENOENT", "EACCES")


def test_no_other_process_can_be_seen_but_the_users(inside):
    assert inside.errno_of("open('/proc/1/status')") == "ENOENT"


@pytest.mark.parametrize("call, refusal", [
    ("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", {"EPERM", "EAFNOSUPPORT"}),
    ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", {"EAFNOSUPPORT"}),
    ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", {"EPERM"}),
    ("socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)", {"EPERM", "EAFNOSUPPORT"}),
    ("os.setuid(1)", {"EPERM"}),
    ("os.setgroups([])", {"EPERM"}),
    ("os.chroot('/tmp')", {"EPERM"}),
    ("os.mknod('/tmp/null', 0o20666, os.makedev(1, 3))", {"EPERM"}),
    ("os.chmod('/tmp', 0o4755)", {"EPERM", "EROFS"}),
    ("os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", {"EPERM"}),
    ("os.setpriority(os.PRIO_PROCESS, 0, -1)", {"EPERM", "EACCES"}),
    ("os.kill(1, 0)", {"EPERM"}),
])
def test_a_call_for_more_is_refused(inside, call, refusal):
    assert inside.errno_of(call) in refusal


# No proxy makes these by itself: whoever makes them is somebody else's code, and the process ends.
@pytest.mark.parametrize("call", [
    "os.unshare(os.CLONE_NEWUSER)",
    "os.setns(os.open('/proc/self/ns/net', os.O_RDONLY))",
    "ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "ctypes.CDLL(None).ptrace(0, 0, 0, 0)",
])
def test_an_attack_on_namespaces_mounts_or_memory_ends_the_process(inside, call):
    program = f"import ctypes, os; {call}"
    status = inside.evaluate(f"subprocess.run([sys.executable, '-c', {program!r}]).returncode")
    assert status == -signal.SIGSYS


def test_nothing_that_was_written_can_be_executed(inside):
    """MemoryDenyWriteExecute= of the unit."""
    inside.do("import mmap")
    writable_and_executable = "mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC"
    assert inside.errno_of(f"mmap.mmap(-1, 4096, prot={writable_and_executable})") in ("EPERM", "EACCES")


def test_the_supervisor_cannot_be_read_or_traced(inside):
    """It is of the same user: Podman's user namespace and its lack of capabilities stand between them."""
    supervisor = inside.show("MainPID")
    assert inside.errno_of(f"open('/proc/{supervisor}/mem')") in ("EACCES", "ENOENT")
    assert inside.errno_of(f"os.listdir('/proc/{supervisor}/fd')") in ("EACCES", "ENOENT")
    assert inside.errno_of(f"open('/proc/{supervisor}/environ')") in ("EACCES", "ENOENT")


def test_the_proxy_resolves_and_reaches_containers(inside):
    assert inside.evaluate("socket.getaddrinfo('whoami.example.com', 80, socket.AF_INET)[0][4][1]") == 80
    answer = inside.evaluate("subprocess.run(['curl', '-s', 'http://whoami'], capture_output=True, text=True).stdout")
    assert "GET / HTTP/1.1\nHost: whoami\n" in answer


@pytest.mark.parametrize("address", ["192.0.2.5", "192.0.2.18", "198.51.100.1"])
def test_the_proxy_reaches_nothing_outside_the_host_and_the_containers(inside, address):
    """IPAddressDeny= of the unit: a datagram is dropped, sending it fails."""
    send = f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('{address}', 53))"
    assert inside.errno_of(send) == "EPERM"


def test_the_proxys_name_server_is_in_the_containers_network(inside):
    assert inside.evaluate("read('/etc/resolv.conf')").endswith(f"nameserver {gateway()}\n")
