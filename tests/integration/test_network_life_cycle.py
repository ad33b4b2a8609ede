"""Whatever Podman does to its network: what becomes of the proxy, and what the supervisor says of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness import USER, web
from harness.command import run
from harness.followed import MISSING, REPLACED, restart_whoami, served_throughout
from harness.podman import CONTAINER, NETNS, pause_process, start_whoami, stop_whoami
from harness.process import Process, proxy
from harness.systemd import CADDY, start_user_manager, stop_user_manager, wait_for_status
from harness.wait import wait_for

pytestmark = pytest.mark.usefixtures("fresh_caddy")

_NETWORKS = NETNS.parent.parent


def podman(*arguments: str) -> str:
    return run("podman", *arguments, user=USER)


def kill(process: Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    wait_for(f"process {process.pid} to be gone", process.gone)


@contextmanager
def second_container() -> Iterator[None]:
    """On whoami's network."""
    podman("run", "--detach", "--rm", "--name=second", "--network=systemd-mynet", "localhost/whoami")
    try:
        yield
    finally:
        podman("rm", "--force", "--time=0", "second")


def resolves(name: str) -> bool:
    """On a connection of its own: the proxy may still have one to the container."""
    command = ("rootless-supervisor", "exec", "--", "curl", "--silent", "--fail", f"http://{name}/")
    return run("sh", "-c", '"$@" >/dev/null; echo $?', "sh", *command, user=USER) == "0\n"


def test_the_only_container_restarts():
    with served_throughout() as caddy:
        restart_whoami()
        caddy.replaced()
    assert caddy.story() == [*MISSING, *REPLACED]


def test_the_network_of_the_only_container_is_reloaded():
    """Podman destroys and recreates it within 3 ms: that it was missing may pass unnoticed, not that it is new."""
    with served_throughout() as caddy:
        podman("network", "reload", CONTAINER)
        caddy.replaced()
    assert caddy.story() in (REPLACED, [*MISSING, *REPLACED])


def test_the_last_container_stops_and_starts_again_later():
    """Much later would be no different: nothing that the supervisor does meanwhile depends on time (test_idle.py)."""
    with served_throughout() as caddy:
        stop_whoami()
        wait_for_status(CADDY, "Proxy ready, but not its network: ")
        assert web.get(f"http://{web.WHOAMI}/").status == 502
        assert proxy() == caddy.proxy
        assert caddy.story() == MISSING
        start_whoami()
        caddy.replaced()
    assert caddy.story() == [*MISSING, *REPLACED]


def tells_of_one_replacement_and_what_was_missing(story: list[str]) -> bool:
    """Podman's parts go one by one, and some come back for a moment: what is missing may change before all is back."""
    return story[-len(REPLACED):] == REPLACED and {*story[:-len(REPLACED)]} == {*MISSING}


def test_podman_migrates_to_a_new_user_namespace():
    before = pause_process()
    with served_throughout() as caddy:
        podman("system", "migrate")
        restart_whoami()  # migrating has stopped it, or is about to
        successor = caddy.replaced()
    assert pause_process() != before
    assert successor.namespace("user") == pause_process().namespace("user") != caddy.user_namespace
    assert tells_of_one_replacement_and_what_was_missing(caddy.story())


def test_the_users_manager_restarts():
    with served_throughout() as caddy:
        stop_user_manager()
        start_user_manager()
        start_whoami()
        successor = caddy.replaced()
    assert successor.namespace("user") == pause_process().namespace("user") != caddy.user_namespace
    assert tells_of_one_replacement_and_what_was_missing(caddy.story())


@contextmanager
def pause_process_killed() -> Iterator[Process]:
    """Podman makes a new one afterwards: the container still holds the namespaces."""
    before = pause_process()
    kill(before)
    try:
        yield before
    finally:
        podman("ps")
    assert pause_process() != before


def test_a_new_pause_process_of_the_same_network_keeps_the_proxy():
    with served_throughout() as caddy:
        with pause_process_killed() as killed:
            wait_for_status(CADDY, f"Proxy ready, but not its network: pause process {killed.pid} is gone")
            assert web.serves_whoami()
        caddy.kept()
    assert caddy.story() == MISSING


def test_a_network_recreated_under_a_new_pause_process_is_noticed():
    with pause_process_killed():
        pass
    with served_throughout() as caddy:
        caddy.kept()
        restart_whoami()
        caddy.replaced()
    assert caddy.story() == [*MISSING, *REPLACED]


def pasta() -> Process:
    return Process(int((_NETWORKS / "rootless-netns/rootless-netns-conn.pid").read_text()))


def test_without_pasta_the_proxy_is_kept():
    with served_throughout() as caddy:
        kill(pasta())
        caddy.kept()
        assert caddy.story() == []
        restart_whoami()
        caddy.replaced()
    assert not pasta().gone()
    assert caddy.story() == [*MISSING, *REPLACED]


def test_a_new_aardvark_dns_keeps_the_proxy():
    with served_throughout() as caddy:
        before = Process(int((_NETWORKS / "aardvark-dns/aardvark.pid").read_text()))
        kill(before)
        assert not resolves("whoami")
        with second_container():
            wait_for("container names to resolve", lambda: resolves("whoami"))
            assert (_NETWORKS / "aardvark-dns/aardvark.pid").read_text() != str(before.pid)
            caddy.kept()
    assert caddy.story() == []


def test_another_container_on_the_same_network_keeps_the_proxy():
    with served_throughout() as caddy:
        with second_container():
            wait_for("the second container's name to resolve", lambda: resolves("second"))
        caddy.kept()
    assert caddy.story() == []


def test_the_first_container_restarts_while_another_one_is_on_the_network():
    """The network stays: the proxy finds whoami in it again, under another address."""
    with served_throughout() as caddy, second_container():
        restart_whoami()
        caddy.kept()
    assert caddy.story() == []


@pytest.mark.parametrize("what", [
    "podman network create unrelated; podman network rm unrelated",
    "podman run --rm localhost/whoami caddy version",  # on Podman's default network, which is no bridge
])
def test_what_is_not_on_the_network_keeps_the_proxy(what):
    with served_throughout() as caddy:
        run("sh", "-ec", what, user=USER)
        caddy.kept()
    assert caddy.story() == []
