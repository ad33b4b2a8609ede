"""The control socket: what it tells, by varlinkctl as anybody would ask."""

import json
import os
import stat
import subprocess

import pytest

from harness import USER
from harness.command import attempt, run
from harness.control import INTERFACE, Client, Refused, call, checks, socket_of, status
from harness.podman import pause_process, rootless_netns
from harness.process import proxy
from harness.systemd import CADDY, show

METHODS = {"GetStatus", "Monitor", "Restart", "Reload", "Stop", "Start", "GetConfig", "Explain", "GetMetrics",
           "Learn"}


def test_varlinkctl_shows_the_interface_and_finds_no_fault(caddy, tmp_path):
    assert INTERFACE in run("varlinkctl", "list-interfaces", str(socket_of()))
    text = run("varlinkctl", "introspect", str(socket_of()), INTERFACE)
    methods = {line.split()[1].partition("(")[0] for line in text.splitlines() if line.startswith("method ")}
    assert methods == METHODS
    idl = tmp_path / "idl"
    idl.write_text(text)
    run("varlinkctl", "validate-idl", str(idl))
    # Nothing is without its comment but fields whose name says all.
    for line, before in zip(text.splitlines()[1:], text.splitlines()):
        if line.startswith(("type ", "method ", "error ")):
            assert before.startswith("#"), f"no comment above: {line}"


def test_the_socket_is_open_to_all(caddy):
    assert stat.S_IMODE(os.stat(socket_of()).st_mode) == 0o666


def test_the_status_is_what_the_kernel_and_podman_say(caddy, caddy_proxy):
    told = status()
    assert (told["name"], told["state"], told["user"]) == ("caddy", "running", USER)
    assert told["supervisorPid"] == caddy.pid
    assert told["statusText"] == show(CADDY, "StatusText")
    assert told["namespaces"] == {"pausePid": pause_process().pid, "user": caddy_proxy.namespace("user"),
                                  "network": rootless_netns()}
    (only,) = told["proxies"]
    assert (only["role"], only["pid"], only["cause"]) == ("serving", caddy_proxy.pid, "start")
    assert only["networkNamespace"] == caddy_proxy.namespace("net")
    assert told["startedUSec"] <= only["startedUSec"] <= only["readyUSec"]
    assert abs(only["readyUSec"] - told["sinceUSec"]) < 1000, "it became ready when the state did"
    assert told["launches"] == {"start": 1, "crash": 0, "network": 0, "unhealthy": 0, "request": 0, "reload": 0}
    assert (told["waitingFor"], told["untilUSec"], told["configChanged"]) == ([], None, False)


def test_the_status_tells_the_sockets_as_the_proxy_knows_them(caddy):
    told = {(each["fd"], each["protocol"], each["address"]) for each in status()["sockets"]}
    assert told == {(3, "stream", "[::]:80"), (4, "stream", "[::]:443"), (5, "datagram", "[::]:443"),
                    (6, "stream", "/srv/caddy/socket/caddy.sock")}


def test_the_status_tells_what_binds_the_live_proxy(caddy, caddy_proxy):
    policy = status()["policy"]
    kernel = caddy_proxy.status()
    assert policy["noNewPrivileges"] is True and kernel["NoNewPrivs"] == "1"
    assert policy["capabilities"] == [] and int(kernel["CapEff"], 16) == 0
    assert policy["seccompFilters"] == int(kernel["Seccomp_filters"]) > 0


def test_varlinkctl_monitors_too(caddy):
    command = ["varlinkctl", "call", "--more", "--json=short", str(socket_of()), f"{INTERFACE}.Monitor", "{}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as monitor:
        try:
            first = json.loads(monitor.stdout.readline().removeprefix("\x1e"))  # RFC 7464
        finally:
            monitor.terminate()
    assert first["status"]["name"] == "caddy"


def test_monitoring_without_more_is_refused(caddy):
    with Client() as client, pytest.raises(Refused) as refusal:
        client.call("Monitor")
    assert refusal.value.error == "org.varlink.service.ExpectedMore"


def test_get_config_tells_a_configuration_that_is_one(caddy, tmp_path):
    told = call("GetConfig")
    assert (told["file"], told["changedOnDisk"]) == ("/etc/rootless-supervisor/caddy.toml", False)
    copy = tmp_path / "effective.toml"
    copy.write_text(told["config"])
    assert attempt("rootless-supervisor", "check", "--config", str(copy)).returncode == 0


def test_explain_finds_nothing_wrong_where_nothing_is(caddy):
    told = checks()
    assert not [check for check in told.values() if check["passed"] is False]
    assert told["name server"]["passed"] and told["proxy"]["passed"] and told["sockets"]["passed"]
    assert all(check["evidence"] for check in told.values())


def test_the_metrics_are_openmetrics(caddy):
    text = call("GetMetrics")["metrics"]
    assert text.endswith("\n# EOF\n")
    families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(families) == len(set(families))
    for line in text.splitlines()[:-1]:
        if not line.startswith("#"):
            name, _, rest = line.partition("{")
            assert any(name in (family, f"{family}_total", f"{family}_info") for family in families), line
            assert rest.startswith('name="caddy"'), line
            float(rest.rpartition("} ")[2])
    assert 'rootless_supervisor_state{name="caddy",rootless_supervisor_state="running"} 1' in text
    assert f'rootless_supervisor_proxy_pid{{name="caddy"}} {proxy().pid}' in text


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_parameter_that_no_method_has_is_refused(caddy, method):
    with Client() as client, pytest.raises(Refused) as refusal:
        client.send(method, {"what": 1}, more=True)
        client.receive()
    assert refusal.value.error == "org.varlink.service.InvalidParameter"
    assert status()["proxies"][0]["pid"] == proxy().pid
