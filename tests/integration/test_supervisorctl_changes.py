"""supervisorctl: the verbs that change something, and what it shows while something changes."""

import json
import signal
from pathlib import Path

from harness import USER
from harness.control import serving
from harness.ctl import FAILED, NOT_READY, READY, UNREACHABLE, Running, ctl, on_terminal
from harness.podman import start_whoami, stop_whoami
from harness.process import proxy
from harness.puppet import puppet_command
from harness.state import changed_file
from harness.systemd import CADDY, systemctl, wait_for_status, wait_until_active
from harness.wait import wait_for

CONFIG = Path("/etc/rootless-supervisor/caddy.toml")
IS_READY = puppet_command("notify('READY=1')")


def test_status_while_waiting_says_for_what_item_by_item(puppet):
    puppet.install(IS_READY, 'wait_for = ["whoami.service"]')
    stop_whoami()
    puppet.begin_to_start()
    wait_for_status(puppet.unit, "unit whoami.service")
    answer = ctl("status", "puppet")
    assert answer.returncode == NOT_READY
    assert answer.stdout.startswith("* puppet - waiting since ")
    assert "Waits for: no unit whoami.service" in answer.stdout
    assert "ok pause process" in answer.stdout
    assert "> supervisorctl explain puppet" in answer.stdout
    explained = ctl("explain", "puppet")
    assert explained.returncode == FAILED
    assert "no unit whoami.service" in explained.stdout
    start_whoami()
    wait_until_active(puppet.unit)
    assert ctl("status", "puppet").returncode == READY


def test_stop_holds_the_proxy_and_start_lets_it_serve_again(fresh_caddy):
    stopped = ctl("stop", "caddy")
    assert (stopped.returncode, stopped.stdout) == (
        READY, "caddy: stopped; the service and its sockets stay until supervisorctl start caddy\n")
    assert fresh_caddy.children() == []
    held = ctl("status", "caddy")
    assert held.returncode == NOT_READY
    assert held.stdout.startswith("* caddy - held since ") and "> supervisorctl start caddy" in held.stdout
    started = ctl("start", "caddy")
    assert started.returncode == READY
    assert started.stdout.startswith(f"caddy: started; process {proxy().pid} serves, ready after ")
    again = ctl("start", "caddy")
    assert (again.returncode, again.stdout) == (READY, "caddy: was not stopped, nothing to start\n")


def test_restart_returns_when_the_successor_serves(fresh_caddy):
    before = proxy().pid
    answer = ctl("restart", "caddy")
    assert answer.returncode == READY
    after = serving()
    assert (after["cause"], after["pid"] != before) == ("request", True)
    assert answer.stdout.startswith(f"caddy: restarted; process {after['pid']} serves, ready after ")
    assert answer.stdout.count("\n") == 1


def test_reload_takes_a_configuration_or_says_what_is_wrong_with_it(fresh_caddy):
    with changed_file(CONFIG, CONFIG.read_text().replace("[proxy]\n", '[proxy]\nstop_timout = "1s"\n')):
        wrong = ctl("reload", "caddy")
        assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (FAILED, "", 1)
        assert wrong.stderr.startswith("caddy: not reloaded, what held before holds on: ")
        assert f"{CONFIG}:" in wrong.stderr and "stop_timeout" in wrong.stderr
    with changed_file(CONFIG, CONFIG.read_text().replace("[proxy]\n", '[proxy]\nstop_timeout = "9s"\n')):
        assert "supervisorctl reload caddy" in ctl("status", "caddy").stdout
        assert ctl("reload", "caddy").stdout.startswith("caddy: reloaded; process ")
        assert 'stop_timeout = "9s"' in ctl("config", "caddy").stdout


def test_a_proxy_that_does_not_start_is_a_failure_with_its_reason(puppet):
    puppet.install(IS_READY)
    puppet.start()
    puppet.program("#!/usr/bin/python3\nraise SystemExit(3)\n")
    answer = ctl("restart", "puppet")
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (FAILED, "", 1)
    assert answer.stderr.startswith("puppet: the proxy does not serve: ") and "status 3" in answer.stderr
    assert "supervisorctl logs puppet" in answer.stderr


def test_a_verb_for_a_service_that_does_not_run_says_how_to_start_it(idle):
    for verb in ("restart", "reload", "stop", "start", "config", "metrics"):
        answer = ctl(verb, "caddy")
        assert (answer.returncode, answer.stdout) == (UNREACHABLE, ""), verb
        assert answer.stderr == "caddy: not running; to start it: systemctl start caddy.service\n"


def test_anybody_may_look_and_only_the_services_user_may_change(fresh_caddy):
    for verb in ("status", "config", "metrics"):
        assert ctl(verb, "caddy", user="nobody").returncode == READY
    before = proxy().pid
    refused = ctl("restart", "caddy", user="nobody")
    assert (refused.returncode, refused.stdout) == (UNREACHABLE, "")
    assert refused.stderr.startswith("caddy: not permitted: ")
    assert refused.stderr.endswith("try sudo supervisorctl restart caddy\n")
    assert proxy().pid == before
    assert ctl("restart", "caddy", user=USER).returncode == READY


def test_logs_follow_what_is_written(fresh_caddy):
    with Running("logs", "-f", "-n", "0", "caddy") as logs:
        systemctl("kill", "--signal=SIGHUP", "--kill-whom=main", CADDY)
        logs.line_with("the proxy is ready")


def test_monitor_shows_what_happens_until_the_service_ends(fresh_caddy):
    with Running("monitor", "caddy") as monitor, Running("monitor", "caddy", "--json=short") as program:
        monitor.line_with("the proxy is ready")
        assert json.loads(program.line_with("status"))["status"]["state"] == "running"
        assert ctl("restart", "caddy").returncode == READY
        assert " replacing " in monitor.line_with("replacing")
        event = json.loads(program.line_with('"state":"replacing"'))
        assert (event["name"], event["event"]["state"]) == ("caddy", "replacing")
        systemctl("stop", CADDY)
        assert monitor.ended() == (UNREACHABLE, "caddy: the supervisor has ended\n")
        assert program.ended()[0] == UNREACHABLE


def test_watch_shows_each_change_and_ends_by_an_interrupt(fresh_caddy):
    with Running("status", "--watch", "caddy") as watching:
        watching.line_with("* caddy - running since")
        ctl("stop", "caddy")
        watching.line_with("* caddy - held since")
        ctl("start", "caddy")
        watching.line_with("* caddy - running since")
        assert watching.interrupt(signal.SIGINT) == 128 + signal.SIGINT


def test_watch_says_when_the_service_ends(fresh_caddy):
    with Running("status", "-w", "caddy") as watching:
        watching.line_with("* caddy - running since")
        systemctl("stop", CADDY)
        watching.line_with("caddy: the supervisor has ended")
        assert watching.ended()[0] == UNREACHABLE


def test_a_terminal_gets_nothing_that_it_would_obey_from_a_proxy(puppet):
    puppet.install(puppet_command(r"notify('READY=1\nSTATUS=\x1b[2J\x9b\u202e done')"))
    puppet.start()
    wait_for("the proxy's status", lambda: "done" in (serving("puppet")["statusText"] or ""))
    shown = on_terminal("status", "puppet", columns=200, environment=("NO_COLOR=1",))
    assert ", says: " in shown and "\\u{202e} done" in shown
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


def test_a_supervisor_that_hangs_is_unreachable_within_its_time(fresh_caddy):
    systemctl("kill", "--signal=SIGSTOP", "--kill-whom=main", CADDY)
    try:
        answer = ctl("status", "caddy", timeout=20)
    finally:
        systemctl("kill", "--signal=SIGCONT", "--kill-whom=main", CADDY)
    assert (answer.returncode, answer.stdout) == (UNREACHABLE, "")
    assert answer.stderr == "caddy: unreachable; the supervisor does not answer\n"


def test_a_supervisor_that_ends_meanwhile_leaves_no_verb_waiting(puppet):
    puppet.install(puppet_command())  # never ready, so nothing is answered
    puppet.begin_to_start()
    wait_for("the proxy to start", lambda: "starting" in ctl("status", "puppet").stdout)
    with Running("restart", "puppet") as restart:
        systemctl("kill", "--signal=SIGKILL", "puppet.service")
        status, complaint = restart.ended()
    assert (status, complaint.count("\n")) == (UNREACHABLE, 1)
    assert complaint.startswith("puppet: ")


def test_an_interrupt_ends_the_waiting(puppet):
    puppet.install(puppet_command())
    puppet.begin_to_start()
    wait_for("the proxy to start", lambda: "starting" in ctl("status", "puppet").stdout)
    with Running("restart", "puppet") as restart:
        assert restart.interrupt(signal.SIGINT) == -signal.SIGINT
    assert "starting" in ctl("status", "puppet").stdout
