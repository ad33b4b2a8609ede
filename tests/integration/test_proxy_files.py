"""Which files the running Caddy sees and which of them it may change."""

from pathlib import Path

import pytest

from harness import UID
from harness.command import Answer, attempt, run
from harness.podman import gateway

WRITABLE = ["/srv/caddy/caddy_config", "/srv/caddy/caddy_data", "/tmp", "/var/tmp",
            "/run/rootless-supervisor/caddy"]
TOUCH_IN = ("sh", "-c", 'touch "$1/by-a-test" && rm "$1/by-a-test"', "sh")
READ_ONLY = ["/", "/usr", "/usr/local/bin", "/etc", "/opt", "/srv", "/srv/caddy/caddy_static", "/run", "/var/lib",
             "/home", "/root", "/run/user"]


def in_caddys_place(caddy_proxy, *command: str, uid: int = UID) -> Answer:
    """Runs the command with Caddy's files and root's capabilities or none, as `uid` says."""
    user = ("--setuid", str(uid), "--setgid", str(uid))
    return attempt("nsenter", f"--target={caddy_proxy.pid}", "--mount", *user, *command)


@pytest.mark.parametrize("directory", READ_ONLY)
def test_not_even_root_could_write_where_caddy_is(caddy_proxy, directory):
    """So it is the mount that forbids it, not just the mode of a directory."""
    answer = in_caddys_place(caddy_proxy, *TOUCH_IN, directory, uid=0)
    assert answer.returncode == 1
    assert "Read-only file system" in answer.stderr


@pytest.mark.parametrize("directory", WRITABLE)
def test_caddy_can_write_to_its_own_directories(caddy_proxy, directory):
    answer = in_caddys_place(caddy_proxy, *TOUCH_IN, directory)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_every_mount_that_caddy_could_write_to_is_one_that_the_unit_gave_it(caddy_proxy):
    """But for the kernel's own file systems, whose files have rights of their own."""
    kernels = ("proc", "sysfs", "cgroup2", "devpts", "mqueue", "nsfs", "bpf", "tracefs")
    # systemd-nspawn puts these into the machine, and ./dev the project.
    project = str(Path(__file__).resolve().parents[2])
    machines = ("/run/host", "/run/machine", project, "/run/lock", "/dev/shm", "/run/netns")
    writable = {mount["at"] for mount in caddy_proxy.mounts()
                if "rw" in mount["options"].split(",") and mount["type"] not in kernels}
    assert {at for at in writable if not at.startswith(machines)} == set(WRITABLE)


@pytest.mark.parametrize("directory", ["/home", "/root", "/run/user"])
def test_caddy_sees_nothing_of_anyones_home(caddy_proxy, directory):
    answer = in_caddys_place(caddy_proxy, "ls", "-A", directory, uid=0)
    assert (answer.returncode, answer.stdout) == (0, "")
    as_caddy = in_caddys_place(caddy_proxy, "ls", directory)
    assert "Permission denied" in as_caddy.stderr


def test_caddy_sees_no_file_of_podman(caddy_proxy):
    for path in (f"/home/test/.local/share/containers", f"/run/user/{UID}/containers", f"/run/user/{UID}/bus"):
        assert in_caddys_place(caddy_proxy, "test", "-e", path, uid=0).returncode == 1, path


def test_caddy_sees_no_device_but_the_harmless_ones(caddy_proxy):
    devices = in_caddys_place(caddy_proxy, "find", "/dev", "-xdev", "-type", "b,c", uid=0).stdout.split()
    harmless = {"null", "zero", "full", "random", "urandom", "tty", "ptmx"}
    assert {device.removeprefix("/dev/") for device in devices} <= harmless


def test_caddy_sees_only_processes_of_its_own_user(caddy_proxy):
    seen = in_caddys_place(caddy_proxy, "ls", "/proc").stdout.split()
    pids = [int(name) for name in seen if name.isdigit()]
    assert caddy_proxy.pid in pids
    assert 1 not in pids


def test_caddys_name_server_is_the_one_of_the_containers_network(caddy_proxy):
    text = run("nsenter", f"--target={caddy_proxy.pid}", "--mount", "cat", "/etc/resolv.conf")
    settings = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert settings == [["search", "dns.podman"], ["nameserver", gateway()]]


def test_the_machines_own_resolv_conf_is_as_it_was():
    assert run("cat", "/etc/resolv.conf") == "nameserver 192.0.2.18\n"


def test_the_user_cannot_change_caddys_configuration_from_where_caddy_is(caddy_proxy):
    for path in ("/srv/caddy/Caddyfile", "/etc/rootless-supervisor/caddy.toml", "/usr/local/bin/caddy",
                 "/etc/resolv.conf"):
        answer = in_caddys_place(caddy_proxy, "sh", "-c", f": >>{path}")
        assert answer.returncode != 0, path
        assert "Read-only file system" in answer.stderr or "Permission denied" in answer.stderr
