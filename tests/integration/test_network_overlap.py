"""The time in which the old proxy serves on while its successor starts in the new network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import USER, web
from harness.command import run
from harness.followed import REPLACED, restart_whoami, served_throughout
from harness.journal import Journal
from harness.podman import CONTAINER, gateway, rootless_netns, start_whoami, stop_whoami
from harness.process import Process, of_proxies, proxy, supervisor
from harness.puppet import puppet_command
from harness.state import changed_file
from harness.systemd import active, user_systemctl, wait_for_status
from harness.wait import wait_for

CADDYFILE = Path("/srv/caddy/Caddyfile")
WAITING_SUCCESSOR = "/run/rootless-supervisor/puppet/successors-wait"


@pytest.fixture
def serving(puppet):
    """A proxy that serves; whoever follows it says READY only when told to."""
    puppet.install(puppet_command(f"os.path.exists('{WAITING_SUCCESSOR}') or notify('READY=1')",
                                  f"open('{WAITING_SUCCESSOR}', 'w').close()"))
    puppet.start()
    return puppet


def recreate_network() -> None:
    run("podman", "network", "reload", CONTAINER, user=USER)


def starting(journal: Journal) -> Process:
    line = journal.wait_for(" as process ")["MESSAGE"]
    return Process(int(line.split(" as process ")[1].split()[0]))


def test_a_second_recreation_during_the_overlap_leads_to_the_newest_network(serving, journal):
    old = serving.process()
    recreate_network()
    outdated = starting(journal)
    again = Journal()
    recreate_network()
    again.wait_for("Podman's network was recreated once more; starting in the new one")
    newest = starting(again)
    wait_for("the outdated successor to be gone", outdated.gone)
    assert {*supervisor(serving.unit).children()} == {old.pid, newest.pid}
    serving.do("notify('READY=1')")
    wait_for("the old proxy to be gone", old.gone)
    assert serving.process() == newest
    assert newest.namespace("net") == rootless_netns()
    assert active(serving.unit) == "active"


def test_the_status_tells_of_the_replacement(serving, journal):
    recreate_network()
    starting(journal)
    wait_for_status(serving.unit, "Replacing the proxy: Podman's network was recreated")
    serving.do("notify('READY=1')")
    wait_for("the status to be as before", lambda: serving.show("StatusText") == "Proxy ready")


def test_a_network_that_is_gone_again_during_the_overlap_is_waited_for(serving, journal):
    """Without a network the successor may become ready all the same; a new one then follows it."""
    old = serving.process()
    recreate_network()
    outdated = starting(journal)
    stop_whoami()
    again = Journal()
    start_whoami()
    newest = starting(again)
    serving.do("notify('READY=1')")
    wait_for("the older ones to be gone", lambda: old.gone() and outdated.gone())
    assert serving.process() == newest
    assert newest.namespace("net") == rootless_netns()


def test_an_end_of_the_old_proxy_during_the_overlap_leaves_the_successor_to_start(serving, journal):
    old = serving.process()
    recreate_network()
    successor = starting(journal)
    wait_for("the successor to listen to the test", lambda: serving.evaluate("os.getpid()") == successor.pid)
    run("kill", "-KILL", str(old.pid))
    journal.wait_for("proxy was killed by SIGKILL; its successor is starting")
    serving.do("notify('READY=1')")
    journal.wait_for("the proxy is ready")
    assert serving.process() == successor
    assert (active(serving.unit), serving.show("NRestarts")) == ("active", "0")


def test_a_stop_during_the_overlap_ends_both(serving, journal):
    recreate_network()
    successor = starting(journal)
    both = [serving_process for serving_process in map(Process, supervisor(serving.unit).children())]
    assert successor in both and len(both) == 2
    run("systemctl", "stop", serving.unit)
    assert all(process.gone() for process in both)
    assert (active(serving.unit), serving.show("Result")) == ("inactive", "success")


def test_two_quick_restarts_of_the_container_leave_one_proxy_in_the_newest_network(fresh_caddy):
    with served_throughout() as caddy:
        restart_whoami()
        restart_whoami()
        wait_for("one proxy, in the newest network",
                 lambda: of_proxies(lambda each: each.namespace("net")) == [rootless_netns()])
        wait_for("whoami to answer", web.serves_whoami)
        assert proxy() != caddy.proxy


def test_a_successor_that_fails_is_tried_again_until_it_does_not(fresh_caddy):
    with served_throughout() as caddy:
        with changed_file(CADDYFILE, CADDYFILE.read_text() + "broken {"):
            recreate_network()
            entry = caddy.journal.wait_for("the successor failed: proxy exited with status 1 before it was ready; "
                                           "the old proxy serves on; next try in 0.1 s")
            assert entry["PRIORITY"] == "4"
            caddy.journal.wait_for("the old proxy serves on; next try in 0.2 s")
            assert caddy.proxy.pid in supervisor().children()
        caddy.replaced()
    assert caddy.story()[-len(REPLACED):] == REPLACED


def test_a_successor_that_says_ready_and_ends_at_once_does_not_take_the_old_ones_place(fresh_caddy):
    """Caddy says READY also when it could not load its configuration, and exits a moment later."""
    unloadable = CADDYFILE.read_text().replace("bind fd/3", "bind fd/9")
    with served_throughout() as caddy:
        with changed_file(CADDYFILE, unloadable):
            recreate_network()
            caddy.journal.wait_for("the old proxy serves on; next try in")
            assert caddy.proxy.pid in supervisor().children()
        caddy.replaced()


@contextmanager
def another_container() -> Iterator[None]:
    """On a network of its own: it keeps Podman's network namespace while whoami's network is away."""
    run("podman", "network", "create", "zzz", user=USER)
    try:
        run("podman", "run", "--detach", "--rm", "--name=other", "--network=zzz", "localhost/whoami", user=USER)
        yield
    finally:
        run("podman", "network", "rm", "--force", "--time=0", "zzz", user=USER)


@contextmanager
def whoamis_network(subnet: str) -> Iterator[None]:
    """Recreated with another subnet, for a while."""
    def recreate(*create: str) -> None:
        stop_whoami()
        run("podman", "network", "rm", "systemd-mynet", user=USER)
        if create:
            run("podman", "network", *create, "systemd-mynet", user=USER)
        else:
            user_systemctl("restart", "mynet-network.service")
        start_whoami()
    recreate("create", f"--subnet={subnet}", "--opt=isolate=true")
    try:
        yield
    finally:
        recreate()


def test_the_name_server_follows_a_network_that_is_recreated_with_another_subnet(fresh_caddy):
    before = gateway()
    with served_throughout() as caddy, another_container():
        seen_by_proxy = caddy.proxy.proc / "root/etc/resolv.conf"
        assert f"nameserver {before}\n" in seen_by_proxy.read_text()
        with whoamis_network("10.200.7.0/24"):
            caddy.journal.wait_for("container names now come from 10.200.7.1 (network systemd-mynet)")
            assert proxy() == caddy.proxy
            assert "nameserver 10.200.7.1\n" in seen_by_proxy.read_text()
            # Caddy itself looks at the file every 5 s (Go's package net, dnsclient_unix.go).
            wait_for("whoami to answer from there", web.serves_whoami, deadline=15)
        assert proxy() == caddy.proxy
