"""Restart, Reload, Stop and Start on the control socket: who is answered what, and when."""

import socket
from collections.abc import Iterator

import pytest

from harness import web
from harness.control import Client, Refused, call, serving, status
from harness.followed import restart_whoami, served_throughout
from harness.journal import Journal
from harness.podman import rootless_netns, start_whoami, stop_whoami
from harness.process import proxy, supervisor
from harness.puppet import CONFIG as PUPPET_CONFIG
from harness.puppet import puppet_command
from harness.systemd import CADDY, active, show, systemctl, wait_until_active
from harness.wait import wait_for

# Ready at its first start, then as a file says.
READY_ONCE = ("import pathlib; again = pathlib.Path(os.environ['RUNTIME_DIRECTORY'], 'again'); "
              "fails = again.exists(); again.touch()", "sys.exit(7) if fails else notify('READY=1')")
SLOW_TO_STOP = ("signal.signal(signal.SIGTERM, lambda *_: None)", "notify('READY=1')")


def refusal_of(method: str, name: str = "caddy") -> Refused:
    with Client(name) as client, pytest.raises(Refused) as refusal:
        client.call(method)
    return refusal.value


@pytest.fixture
def stopped_caddy(fresh_caddy) -> Iterator[None]:
    call("Stop")
    yield
    if status()["state"] == "held":
        call("Start")


def test_a_restart_answers_when_the_successor_serves_and_no_request_is_lost(fresh_caddy):
    with served_throughout() as caddy:
        call("Restart")
        assert serving()["pid"] != caddy.proxy.pid
        assert (serving()["cause"], status()["launches"]["request"]) == ("request", 1)
        caddy.journal.wait_for("the stopped proxy exited with status 0")


def test_a_restart_whose_successor_fails_says_so_and_the_old_proxy_serves_on(puppet):
    puppet.install(puppet_command(*READY_ONCE))
    puppet.start()
    before = puppet.process()
    refusal = refusal_of("Restart", "puppet")
    assert refusal.error == "ProxyFailed"
    assert refusal.parameters["reason"] == "proxy exited with status 7 before it was ready"
    assert puppet.process() == before
    assert status("puppet")["state"] == "running"


def test_restarts_that_are_asked_for_together_are_one(fresh_caddy):
    clients = [Client() for _ in range(5)]
    for client in clients:
        client.send("Restart")
    assert [client.receive() for client in clients] == [{}] * 5
    assert status()["launches"]["request"] == 1


def test_a_client_that_does_not_wait_for_its_answer_harms_nobody(fresh_caddy, journal):
    with Client() as client:
        client.send("Restart")
    journal.wait_for("the stopped proxy exited with status 0")
    assert (status()["state"], supervisor()) == ("running", fresh_caddy)


def test_a_reload_answers_when_the_new_configuration_holds(fresh_caddy):
    before = proxy()
    with served_throughout():
        call("Reload")
        assert (serving()["cause"], serving()["pid"] != before.pid) == ("reload", True)
    assert active(CADDY) == "active"


def test_a_reload_of_a_wrong_configuration_says_what_is_wrong(puppet):
    puppet.install(puppet_command("notify('READY=1')"))
    puppet.start()
    puppet.configure(PUPPET_CONFIG.read_text() + "\n[podmen]\n")
    refusal = refusal_of("Reload", "puppet")
    assert refusal.error == "ReloadFailed"
    assert "podmen" in refusal.parameters["reason"]


def test_a_stop_answers_when_the_proxy_is_gone_and_the_service_goes_on(stopped_caddy, fresh_caddy):
    assert fresh_caddy.children() == []
    told = status()
    assert (told["state"], told["proxies"]) == ("held", [])
    assert (active(CADDY), show(CADDY, "StatusText")) == ("active", told["statusText"])
    assert "on request" in told["statusText"]
    call("Stop")  # again: it is done


def test_connections_queue_up_while_the_proxy_is_stopped_and_are_served_after_the_start(stopped_caddy):
    def queue() -> int:
        return next(each["queue"] for each in status()["sockets"] if each["address"] == "[::]:80")

    with socket.create_connection(("127.0.0.1", 80), timeout=20) as client:
        client.sendall(f"GET /file.txt HTTP/1.0\r\nHost: {web.STATIC}\r\n\r\n".encode())
        assert wait_for("the connection in the queue", queue) == 1
        call("Start")
        assert client.recv(100).startswith(b"HTTP/1.0 200")
        assert queue() == 0
    assert status()["launches"]["request"] == 1


def test_a_recreated_network_launches_nothing_while_the_proxy_is_stopped(stopped_caddy, fresh_caddy):
    before = rootless_netns()
    restart_whoami()
    wait_for("the new network to be seen",
             lambda: (seen := status()["namespaces"]) and seen["network"] == rootless_netns() != before)
    assert (status()["state"], fresh_caddy.children()) == ("held", [])
    call("Start")
    assert proxy().namespace("net") == rootless_netns()


def test_a_reload_reads_the_configuration_only_while_the_proxy_is_stopped(stopped_caddy, fresh_caddy):
    loaded = status()["configLoadedUSec"]
    call("Reload")
    assert status()["configLoadedUSec"] > loaded
    assert (status()["state"], fresh_caddy.children()) == ("held", [])
    systemctl("reload", CADDY)
    assert (active(CADDY), status()["state"]) == ("active", "held")


def test_a_restart_undoes_a_stop(stopped_caddy):
    call("Restart")
    assert status()["state"] == "running"


def test_the_service_stops_well_while_the_proxy_is_stopped(stopped_caddy):
    systemctl("stop", CADDY)
    assert (active(CADDY), show(CADDY, "Result")) == ("inactive", "success")
    systemctl("start", CADDY)


def test_a_start_without_a_stop_is_refused(fresh_caddy):
    assert refusal_of("Start").error == "NotStopped"


def test_a_start_without_the_network_says_what_is_missing_and_comes_up_later(stopped_caddy):
    stop_whoami()
    refusal = refusal_of("Start")
    assert refusal.error == "ProxyFailed"
    assert "waiting for" in refusal.parameters["reason"]
    start_whoami()
    wait_for("whoami to answer", web.serves_whoami)


def test_a_start_supersedes_a_stop_and_a_stop_a_start(puppet):
    puppet.install(puppet_command(*SLOW_TO_STOP) + '\nstop_timeout = "1s"')
    puppet.start()
    with Client("puppet") as stopping:
        stopping.send("Stop")
        wait_for("the proxy to be stopped", lambda: status("puppet")["state"] == "held")
        call("Start", "puppet")
        with pytest.raises(Refused) as refusal:
            stopping.receive()
    assert refusal.value.error == "Superseded"
    assert refusal.value.parameters["reason"] == "the proxy was started on request"


def test_who_asks_while_the_service_stops_hears_that(puppet):
    puppet.install(puppet_command(*SLOW_TO_STOP) + '\nstop_timeout = "3s"')
    puppet.start()
    systemctl("stop", "--no-block", puppet.unit)
    wait_until_active(puppet.unit, "deactivating")
    for method in ("Restart", "Reload", "Stop", "Start"):
        assert refusal_of(method, "puppet").error == "Stopping"
    assert status("puppet")["state"] == "stopping"
    assert status("puppet")["untilUSec"] > status("puppet")["sinceUSec"]


def test_an_unanswered_request_hears_that_the_service_stops(puppet):
    puppet.install(puppet_command("notify('READY=1') if not os.path.exists(os.environ['RUNTIME_DIRECTORY'] + '/again') "
                                  "else None; open(os.environ['RUNTIME_DIRECTORY'] + '/again', 'w')"))
    puppet.start()
    with Client("puppet") as client:
        client.send("Restart")
        wait_for("the successor", lambda: status("puppet")["state"] == "replacing")
        systemctl("stop", puppet.unit)
        with pytest.raises(Refused) as refusal:
            client.receive()
    assert refusal.value.error == "Stopping"


def test_the_socket_answers_while_the_first_proxy_starts(puppet, journal: Journal):
    puppet.install(puppet_command("pass"))
    puppet.begin_to_start()
    journal.wait_for("starting /usr/bin/python3")
    told = status("puppet")
    assert (told["state"], told["proxies"][0]["role"]) == ("starting", "starting")
    assert told["untilUSec"] > told["sinceUSec"]
    puppet.do("notify('READY=1')")
    wait_until_active(puppet.unit)
