"""The control socket: what it tells while things happen."""

from pathlib import Path

import pytest

from harness import USER, web
from harness.control import Client, call, checks, serving, status, varlinkctl
from harness.journal import Journal
from harness.podman import pause_process, start_whoami, stop_whoami
from harness.process import proxy
from harness.puppet import CONFIG as PUPPET_CONFIG
from harness.puppet import puppet_command
from harness.state import changed_file
from harness.systemd import show, systemctl, wait_for_status, wait_until_active
from harness.wait import wait_for

CONFIG = Path("/etc/rootless-supervisor/caddy.toml")


def test_the_status_tells_the_watchdogs_and_the_health(puppet):
    puppet.install(puppet_command("notify('READY=1')") + '\nwatchdog = "30s"\n[health]\ncommand = ["/bin/true"]')
    puppet.start()
    wait_for("the first ping", lambda: puppet.do("notify('WATCHDOG=1')") or status("puppet")["watchdog"]["lastPingUSec"])
    told = status("puppet")
    assert (told["watchdog"]["systemdUSec"], told["watchdog"]["proxyUSec"]) == (30_000_000, 30_000_000)
    assert told["health"] == {"probe": "command /bin/true", "healthy": True, "failures": 0, "retries": 3,
                              "lastText": None}
    assert serving("puppet")["healthy"] is True


def test_the_status_passes_on_what_the_proxy_says(puppet):
    puppet.install(puppet_command("notify('READY=1\\nSTATUS=three sites')"))
    puppet.start()
    assert serving("puppet")["statusText"] == "three sites"


def test_while_waiting_each_thing_is_told_whether_it_is_there(puppet):
    puppet.install(puppet_command("notify('READY=1')"), 'wait_for = ["whoami.service"]\ntimeout = "20min"')
    stop_whoami()
    puppet.begin_to_start()
    line = wait_for_status(puppet.unit, "unit whoami.service")
    told = status("puppet")
    assert (told["state"], told["proxies"], told["namespaces"]) == ("waiting", [], None)
    assert told["untilUSec"] - told["sinceUSec"] == pytest.approx(20 * 60 * 1e6, abs=2e6)
    assert told["statusText"] == line
    items = {item["what"]: item for item in told["waitingFor"]}
    assert list(items) == ["unit whoami.service", "pause process", "network namespace", "name server"]
    assert items["unit whoami.service"]["met"] is False
    assert "inactive" in items["unit whoami.service"]["detail"]
    assert items["pause process"] == {"what": "pause process", "met": True, "detail": f"process {pause_process().pid}"}
    assert items["network namespace"]["met"] is False
    start_whoami()
    wait_until_active(puppet.unit)
    assert status("puppet")["waitingFor"] == []


def test_a_monitor_hears_the_status_and_then_what_happens(fresh_caddy):
    with Client() as client:
        first = client.monitor()
        assert first["state"] == "running"
        varlinkctl("Restart")
        heard = []
        for reply in client.events():
            heard.append(reply)
            if reply["event"]["text"].startswith("the stopped proxy"):
                break
    texts = [reply["event"]["text"] for reply in heard]
    assert [text.split(" ")[0] for text in texts] == ["replacing", "starting", "the", "the"]
    states = [(reply["event"]["state"], reply["status"] and reply["status"]["state"]) for reply in heard]
    assert states == [("replacing", "replacing"), ("replacing", None), ("running", "running"), ("running", None)]
    assert heard[2]["status"]["proxies"][0]["pid"] == proxy().pid


def test_what_a_monitor_hears_stands_in_the_journal_and_in_the_status(fresh_caddy):
    journal = Journal()
    with Client() as client:
        client.monitor()
        call("Restart")
        events = client.events()
        texts = [next(events)["event"]["text"] for _ in range(4)]
    assert [event["text"] for event in status()["events"]][-4:] == texts
    lines = journal.supervisor_lines()
    assert [line for line in lines if line in texts] == texts


def test_a_configuration_that_changed_is_told_until_it_is_read(puppet):
    puppet.install(puppet_command("notify('READY=1')"))
    puppet.start()
    assert status("puppet")["configChanged"] is False
    puppet.configure(PUPPET_CONFIG.read_text() + "\n# changed\n")
    assert status("puppet")["configChanged"] is True
    assert call("GetConfig", "puppet")["changedOnDisk"] is True
    systemctl("reload", puppet.unit)
    assert status("puppet")["configChanged"] is False


def test_explain_names_what_is_wrong_and_what_helps(fresh_caddy):
    with changed_file(CONFIG, CONFIG.read_text() + "\nnonsense = 1\n"):
        stop_whoami()
        told = wait_for("the network to be missed", lambda: (seen := checks())["network namespace"]["passed"] is False
                        and seen)
    assert "nonsense" in told["configuration"]["evidence"]
    assert told["configuration"]["remedy"] == "correct it, then: rootless-supervisor check caddy"
    assert told["network namespace"]["remedy"] == f"start a container of user {USER} on a bridge network"
    assert told["proxy"]["passed"] is False
    start_whoami()
    wait_for("whoami to answer", web.serves_whoami)
