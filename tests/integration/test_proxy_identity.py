"""Who and where the running Caddy is: its rights, its namespaces, its place in systemd's tree."""

import os

import pytest

from harness import UID, USER
from harness.command import run
from harness.podman import gateway, pause_process, rootless_netns
from harness.process import Process
from harness.systemd import CADDY, cgroup_of, processes_of

NO_CAPABILITIES = {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0}


def test_caddy_has_no_capability_in_any_set(caddy_proxy):
    assert caddy_proxy.capabilities() == NO_CAPABILITIES


def test_caddy_can_get_no_new_privileges(caddy_proxy):
    assert caddy_proxy.status()["NoNewPrivs"] == "1"


def test_caddys_system_calls_are_filtered_once_more_than_the_supervisors(caddy, caddy_proxy):
    assert (caddy.status()["Seccomp"], caddy_proxy.status()["Seccomp"]) == ("2", "2")
    filters = [int(process.status()["Seccomp_filters"]) for process in (caddy, caddy_proxy)]
    assert filters[1] == filters[0] + 1


def test_caddy_runs_as_user_test_with_no_other_group(caddy_proxy):
    status = caddy_proxy.status()
    assert status["Uid"].split() == [str(UID)] * 4
    assert status["Gid"].split() == [str(UID)] * 4
    assert status["Groups"].split() == [str(UID)]


@pytest.mark.parametrize("kind", ["user", "net"])
def test_caddy_is_in_the_namespace_that_podman_itself_enters(caddy_proxy, kind):
    """Podman says which one it is: it runs a program there."""
    podmans = run("podman", "unshare", "--rootless-netns", "readlink", f"/proc/self/ns/{kind}", user=USER).strip()
    assert caddy_proxy.namespace(kind) == podmans


def test_caddy_shares_the_pause_processs_user_namespace_but_not_its_mounts(caddy_proxy):
    pause = pause_process()
    assert caddy_proxy.namespace("user") == pause.namespace("user")
    assert caddy_proxy.namespace("net") == rootless_netns()
    assert caddy_proxy.namespace("mnt") != pause.namespace("mnt")


def test_caddy_stays_in_the_mount_namespace_that_systemd_made_for_the_service(caddy, caddy_proxy):
    assert caddy_proxy.namespace("mnt") == caddy.namespace("mnt") != Process(1).namespace("mnt")


@pytest.mark.parametrize("kind", ["pid", "ipc", "uts", "cgroup"])
def test_caddy_is_in_the_supervisors_other_namespaces(caddy, caddy_proxy, kind):
    assert caddy_proxy.namespace(kind) == caddy.namespace(kind)


def test_caddy_reaches_the_containers_network_and_not_the_machines(caddy_proxy):
    interfaces = run("nsenter", f"--target={caddy_proxy.pid}", "--net", "ip", "-oneline", "-4", "address")
    assert f"inet {gateway()}/" in interfaces
    links = run("nsenter", f"--target={caddy_proxy.pid}", "--net", "ip", "-oneline", "link")
    assert "podman" in links
    assert Process(1).namespace("net") != caddy_proxy.namespace("net")


def test_the_supervisor_stays_in_the_hosts_user_namespace(caddy):
    assert caddy.namespace("user") == Process(1).namespace("user")


def test_the_supervisor_has_a_network_of_its_own_without_a_way_out(caddy):
    assert caddy.namespace("net") not in (Process(1).namespace("net"), rootless_netns())
    assert run("nsenter", f"--target={caddy.pid}", "--net", "ip", "route") == ""


def test_the_supervisor_has_no_capability_in_any_set(caddy):
    assert caddy.capabilities() == NO_CAPABILITIES
    assert caddy.status()["NoNewPrivs"] == "1"


def test_the_supervisor_is_one_thread_of_user_test(caddy):
    status = caddy.status()
    assert (status["Name"], status["Threads"], status["Uid"].split()[0]) == ("rootless-superv", "1", str(UID))


def test_supervisor_and_caddy_are_all_there_is_in_the_services_cgroup(caddy, caddy_proxy):
    assert processes_of(CADDY) == {caddy.pid, caddy_proxy.pid}
    assert caddy.cgroup() == caddy_proxy.cgroup() == "/system.slice/caddy.service"
    assert cgroup_of(CADDY).is_dir()


def test_caddy_leads_a_session_of_its_own(caddy, caddy_proxy):
    """A signal for the supervisor's process group does not hit the proxy."""
    assert os.getsid(caddy_proxy.pid) == os.getpgid(caddy_proxy.pid) == caddy_proxy.pid
    assert os.getpgid(caddy.pid) == caddy.pid
