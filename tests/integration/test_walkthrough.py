"""The requests of the walk-through: what a client sees, and whom whoami sees."""

from pathlib import Path

import pytest

from harness import MACHINE_ADDRESS, OTHER_ADDRESS, web
from harness.command import attempt, run
from harness.podman import gateway
from harness.process import Process
from harness.systemd import CADDY, SOCKET, active, show, systemctl
from harness.wait import wait_for

pytestmark = pytest.mark.usefixtures("caddy")

PROTOCOLS = {"1.1": "--http1.1", "2": "--http2", "3": "--http3-only"}
CLIENTS = {
    "localhost": ("127.0.0.1", False, "127.0.0.1"),
    "the machine's own address": (MACHINE_ADDRESS, False, MACHINE_ADDRESS),
    "the other computer": (MACHINE_ADDRESS, True, OTHER_ADDRESS),
}
# For documentation, RFC 3849.
MACHINE_IPV6, OTHER_IPV6 = "2001:db8::5", "2001:db8::18"


@pytest.fixture(scope="module")
def ipv6():
    """An IPv6 address for the machine and one for the other computer."""
    of_machine = ("address", "{}", f"{MACHINE_IPV6}/64", "dev", "eth0")
    of_other = ("address", "{}", f"{OTHER_IPV6}/64", "dev", "eth0")

    def change(verb: str, *flags: str) -> None:
        run("ip", "-6", *(part.format(verb) for part in of_machine), *flags)
        run("ip", "-6", *(part.format(verb) for part in of_other), *flags, other_computer=True)

    change("add", "nodad")
    yield
    change("del")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_whoami_answers_by_its_container_name(scheme):
    answer = web.get(f"{scheme}://{web.WHOAMI}/some/path")
    assert answer.status == 200
    assert f"GET /some/path HTTP/1.1\nHost: {web.WHOAMI}\n" in answer.body
    seen = answer.seen_by_whoami()
    assert seen["X-Forwarded-Proto"] == [scheme]
    assert seen["X-Forwarded-Host"] == [web.WHOAMI]


def test_whoami_is_asked_from_the_gateway_of_its_own_network():
    source, _, port = web.get(f"https://{web.WHOAMI}/").seen_by_whoami()["RemoteAddr"][0].rpartition(":")
    assert source == gateway()
    assert port.isdigit()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("version", PROTOCOLS)
def test_whoami_sees_the_clients_own_address_over_https(client, version):
    address, other_computer, expected = CLIENTS[client]
    answer = web.get(f"https://{web.WHOAMI}/", address, PROTOCOLS[version], other_computer=other_computer)
    assert (answer.status, answer.version) == (200, version)
    assert answer.seen_by_whoami()["X-Forwarded-For"] == [expected]


@pytest.mark.parametrize("client", CLIENTS)
def test_whoami_sees_the_clients_own_address_over_http(client):
    address, other_computer, expected = CLIENTS[client]
    answer = web.get(f"http://{web.WHOAMI}/", address, other_computer=other_computer)
    assert (answer.status, answer.version) == (200, "1.1")
    assert answer.seen_by_whoami()["X-Forwarded-For"] == [expected]


def test_a_client_cannot_claim_another_address():
    answer = web.get(f"https://{web.WHOAMI}/", "127.0.0.1", "--header", "X-Forwarded-For: 198.51.100.7")
    assert answer.seen_by_whoami()["X-Forwarded-For"] == ["127.0.0.1"]


@pytest.mark.parametrize("version", PROTOCOLS)
def test_whoami_sees_localhost_over_ipv6(version):
    answer = web.get(f"https://{web.WHOAMI}/", "::1", PROTOCOLS[version])
    assert (answer.status, answer.version) == (200, version)
    assert answer.seen_by_whoami()["X-Forwarded-For"] == ["::1"]


@pytest.mark.parametrize("version", PROTOCOLS)
def test_whoami_sees_the_other_computers_ipv6_address(ipv6, version):
    answer = web.get(f"https://{web.WHOAMI}/", MACHINE_IPV6, PROTOCOLS[version], other_computer=True)
    assert (answer.status, answer.version) == (200, version)
    assert answer.seen_by_whoami()["X-Forwarded-For"] == [OTHER_IPV6]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("client", CLIENTS)
def test_the_static_file_is_served(scheme, client):
    address, other_computer, _ = CLIENTS[client]
    answer = web.get(f"{scheme}://{web.STATIC}/file.txt", address, other_computer=other_computer)
    assert (answer.status, answer.body) == (200, "my static file\n")


@pytest.mark.parametrize("version", PROTOCOLS)
def test_the_static_file_is_served_over_each_version_of_http(version):
    answer = web.get(f"https://{web.STATIC}/file.txt", MACHINE_ADDRESS, PROTOCOLS[version])
    assert (answer.status, answer.version, answer.body) == (200, version, "my static file\n")


def test_a_large_body_reaches_whoami_and_its_answer_comes_back(tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"x" * 8_000_000)
    answer = web.get(f"https://{web.WHOAMI}/", "127.0.0.1", "--http2", "--data-binary", f"@{body}")
    assert answer.status == 200
    assert answer.seen_by_whoami()["Content-Length"] == ["8000000"]


def test_the_admin_api_answers_user_test_on_its_socket():
    assert web.ask_admin("/config/admin/", user="test").stdout == '{"listen":"fd/6"}\n'


def test_the_admin_api_refuses_another_user():
    could_not_connect = 7
    assert web.ask_admin("/config/", user="nobody").returncode == could_not_connect


def test_the_admin_api_is_on_no_port(caddy_proxy):
    """Caddy's default, localhost:2019, would be open to every container."""
    enter = ("nsenter", f"--target={caddy_proxy.pid}", "--net")
    assert run(*enter, "ss", "--no-header", "--listening", "--tcp", "sport = :2019") == ""


def test_ports_below_1024_stay_privileged_on_the_machine():
    assert Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text() == "1024\n"
    refused = attempt("python3", "-c", "import socket; socket.create_server(('127.0.0.1', 79))", user="test")
    assert "Permission denied" in refused.stderr


def test_the_proxys_sockets_are_those_that_systemd_bound(caddy_proxy):
    bound = {target for target in Process(1).descriptors().values() if target.startswith("socket:")}
    passed = [caddy_proxy.descriptors()[fd] for fd in (3, 4, 5, 6)]
    assert len(set(passed)) == 4
    assert set(passed) <= bound


def test_the_first_request_starts_a_stopped_service():
    systemctl("stop", CADDY)
    assert (active(CADDY), active(SOCKET)) == ("inactive", "active")
    # Not HTTPS: Caddy loads its certificates after it has begun to serve.
    assert web.get(f"http://{web.WHOAMI}/").status == 200
    # Caddy answers a moment before the supervisor takes its READY=1 for good.
    wait_for("the service to be active", lambda: active(CADDY) == "active")
    assert show(CADDY, "NRestarts") == "0"
