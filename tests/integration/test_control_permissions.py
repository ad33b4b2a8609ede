"""Who may change something by the control socket, and who may only ask."""

import pytest

from harness import USER
from harness.control import DENIED, INTERFACE, Refused, connected_as, is_denied, socket_of, status, varlinkctl
from harness.process import proxy
from harness.puppet import puppet_command

CHANGES = ("Restart", "Reload", "Stop", "Start")

# What a proxy would have to do: no library, so that it works from any sandbox.
ASK = f"""
def ask(method):
    with socket.socket(socket.AF_UNIX) as there:
        there.connect({str(socket_of("puppet"))!r})
        there.sendall(json.dumps({{"method": "{INTERFACE}." + method}}).encode() + b"\\0")
        answer = b""
        while not answer.endswith(b"\\0"):
            answer += there.recv(65536)
    answer = json.loads(answer[:-1])
    return answer.get("error") or "done"
"""


@pytest.mark.parametrize("user", ["nobody", "root", USER])
def test_everybody_may_ask(caddy, user):
    for method in ("GetStatus", "GetConfig", "Explain", "GetMetrics"):
        assert varlinkctl(method, user=user).returncode == 0


@pytest.mark.parametrize("method", CHANGES)
def test_a_stranger_may_change_nothing(caddy, caddy_proxy, method):
    answer = varlinkctl(method, user="nobody")
    assert answer.returncode != 0 and is_denied(answer.stderr)
    assert proxy() == caddy_proxy


@pytest.mark.parametrize("user", ["root", USER])
def test_root_and_the_services_own_user_may(fresh_caddy, user):
    before = proxy()
    assert varlinkctl("Restart", user=user).returncode == 0
    assert status()["proxies"][0]["pid"] != before.pid


@pytest.fixture
def asking_puppet(puppet):
    puppet.install(puppet_command("notify('READY=1')"))
    puppet.start()
    puppet.do(ASK)
    return puppet


@pytest.mark.parametrize("method", CHANGES)
def test_the_proxy_itself_may_change_nothing(asking_puppet, method):
    before = asking_puppet.process()
    assert asking_puppet.evaluate("os.geteuid()") == 0  # of Podman's namespace: user test outside
    assert asking_puppet.evaluate(f"ask({method!r})") == DENIED
    assert asking_puppet.process() == before
    assert status("puppet")["state"] == "running"


def test_the_proxy_may_ask_how_it_is(asking_puppet):
    assert asking_puppet.evaluate("ask('GetStatus')") == "done"


def test_a_child_that_the_proxy_leaves_behind_may_change_nothing(asking_puppet):
    """Its parent ends, which makes it a child of the supervisor or of init; the cgroup stays."""
    asking_puppet.do("there, here = os.pipe()\n"
                     "if os.fork() == 0:\n"
                     "    if os.fork() == 0:\n"
                     "        os.setsid()\n"
                     "        os.write(here, ask('Restart').encode())\n"
                     "    os._exit(0)\n"
                     "os.close(here)\n"
                     "os.wait()")
    assert asking_puppet.evaluate("os.read(there, 100).decode()") == DENIED


def test_a_health_check_may_change_nothing(puppet):
    """It may run in the host's user namespace; it belongs to the service all the same."""
    answer = "/run/rootless-supervisor/puppet/answer"
    command = f"varlinkctl call {socket_of('puppet')} {INTERFACE}.Stop '{{}}' 2> {answer}.new; mv {answer}.new {answer}"
    puppet.install(puppet_command("notify('READY=1')")
                   + f'\n[health]\ninside = false\ninterval = "100ms"\ncommand = ["/bin/sh", "-c", {command!r}]')
    puppet.start()
    with open(answer) as file:
        assert is_denied(file.read())
    assert status("puppet")["state"] == "running"


def test_a_process_in_podmans_user_namespace_may_change_nothing(fresh_caddy):
    before = proxy()
    answer = varlinkctl("Restart", user=USER, prefix=("podman", "unshare"))
    assert answer.returncode != 0 and is_denied(answer.stderr)
    assert proxy() == before


def test_a_process_of_the_user_that_has_ended_may_change_nothing(fresh_caddy):
    """Who holds its connection now cannot be told."""
    with connected_as(USER) as client:
        assert client.call("GetStatus")["status"]["state"] == "running"
        with pytest.raises(Refused) as refusal:
            client.call("Restart")
    assert refusal.value.error == DENIED
    assert status()["launches"]["request"] == 0
