"""supervisorctl: what it shows of services, and a terminal, a pipe and a program get to see."""

import json
from pathlib import Path

import pytest

from harness.command import attempt, run
from harness.control import call, status
from harness.ctl import NOT_READY, READY, UNREACHABLE, USAGE, ctl, ctl_json, on_terminal
from harness.systemd import CADDY

OTHER = Path("/etc/rootless-supervisor/other.toml")


@pytest.fixture
def other():
    """A service that is configured and does not run."""
    OTHER.write_text('[proxy]\ncommand = ["/bin/true"]\n')
    yield "other"
    OTHER.unlink()


def test_status_shows_a_service_on_a_screen(caddy, caddy_proxy):
    answer = ctl("status", "caddy")
    assert (answer.returncode, answer.stderr) == (READY, "")
    assert answer.stdout.startswith("* caddy - running since ")
    assert f"Proxy: {caddy_proxy.pid} serving" in answer.stdout
    assert caddy_proxy.namespace("net") in answer.stdout
    assert "no new privileges, no capabilities, seccomp" in answer.stdout
    assert "3  stream    [::]:80 " in answer.stdout
    assert "> supervisorctl monitor caddy" in answer.stdout
    assert "\x1b" not in answer.stdout and answer.stdout.isascii()
    assert ctl("status", "caddy.service").stdout.startswith("* caddy - running since ")


def test_status_of_all_has_a_row_for_each_that_runs_or_should(caddy, other):
    answer = ctl()
    assert answer.returncode == NOT_READY
    rows = {line.split()[0]: line for line in answer.stdout.splitlines() if line}
    assert " running " in rows["caddy"] and " not running " in rows["other"]
    assert "1 of 2 ready" in answer.stdout
    assert ctl("status", "caddy", "caddy").returncode == READY


def test_the_exit_status_tells_ready_from_not_ready_from_unknown(caddy, other):
    assert ctl("status", "caddy").returncode == READY
    stopped = ctl("status", other)
    assert (stopped.returncode, stopped.stdout) == (
        NOT_READY, "other: not running; to start it: systemctl start other.service\n")
    unknown = ctl("status", "nonesuch")
    assert (unknown.returncode, unknown.stdout) == (UNREACHABLE, "")
    assert unknown.stderr.startswith("nonesuch: unknown; ")
    assert ctl("status", "caddy", "nonesuch", other).returncode == UNREACHABLE
    for wrong in (["frobnicate"], ["status", "--frobnicate"], ["status", "../caddy"], ["restart"]):
        answer = ctl(*wrong)
        assert (answer.returncode, answer.stdout) == (USAGE, "")
        assert answer.stderr.count("\n") == 1


def test_json_is_the_answer_of_the_interface_with_the_name(caddy, other):
    told = ctl_json("status", "caddy")
    assert told["name"] == "caddy" and set(told) == {"name", "status"}
    assert told["status"].keys() == status().keys()
    assert told["status"]["proxies"] == status()["proxies"]
    rows = ctl_json("status", status=NOT_READY)
    assert [row["name"] for row in rows] == ["caddy", "other"]
    assert (rows[1]["state"], "status" in rows[1]) == ("not running", False)
    assert ctl_json("config", "caddy") == {"name": "caddy", **call("GetConfig")}
    assert ctl_json("metrics", "caddy")["metrics"].endswith("# EOF\n")
    explained = ctl_json("explain", "caddy")
    assert all({"what", "passed", "evidence"} <= set(check) for check in explained["checks"])
    pretty = ctl("status", "caddy", "--json=pretty").stdout
    assert pretty.count("\n") > 50 and json.loads(pretty)["name"] == "caddy"


def test_metrics_and_the_configuration_come_as_they_are(caddy):
    assert ctl("config", "caddy").stdout == call("GetConfig")["config"]
    metrics = ctl("metrics", "caddy").stdout
    assert metrics.startswith("# ") and metrics.endswith("\n# EOF\n")


def test_logs_are_journalctls(caddy):
    assert "the proxy is ready" in ctl("logs", "caddy").stdout
    one = ctl("logs", "-n", "1", "caddy", "--", "--output=json")
    assert (one.returncode, one.stdout.count("\n")) == (READY, 1)
    entry = json.loads(one.stdout)
    assert CADDY in (entry["_SYSTEMD_UNIT"], entry.get("UNIT"))  # its own line, or systemd's about it


def test_a_terminal_gets_colours_symbols_and_lines_that_fit(caddy):
    wide = on_terminal("status", "caddy", columns=132)
    assert "\x1b[32m● \x1b[0m\x1b[1mcaddy\x1b[0m" in wide and "→ supervisorctl" not in ctl("status", "caddy").stdout
    narrow = on_terminal("status", "caddy", columns=50, environment=("NO_COLOR=1",))
    assert "\x1b" not in narrow and "…" in narrow
    assert max(map(len, narrow.splitlines())) == 50
    ascii_only = on_terminal("status", "caddy", columns=50, environment=("NO_COLOR=1", "LC_ALL=C"))
    assert ascii_only.isascii() and ascii_only.startswith("* caddy") and "..." in ascii_only
    own_width = on_terminal("status", "caddy", environment=("NO_COLOR=1", "COLUMNS=40"))
    assert max(map(len, own_width.splitlines())) == 40


def test_the_other_name_is_the_same_program(caddy):
    assert run("rootless-supervisorctl", "--version") == run("supervisorctl", "--version")
    assert attempt("rootless-supervisorctl", "status", "caddy").returncode == READY


def test_bash_and_fish_complete_verbs_options_and_names(caddy, other):
    def bash(*words: str) -> set[str]:
        script = ('. /usr/local/share/bash-completion/completions/supervisorctl; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); '
                  '_supervisorctl; printf "%s\\n" "${COMPREPLY[@]}"')
        return set(run("bash", "-O", "extglob", "-c", script, "bash", "supervisorctl", *words).split())

    assert bash("re") == {"restart", "reload"}
    assert bash("status", "") == {"caddy", "other"}
    assert bash("-H", "web1", "restart", "ca") == {"caddy"}
    assert bash("status", "--w") == {"--watch"}
    assert bash("status", "--json", "=", "p") == {"pretty"}

    # As in a session; without it Debian's fish looks in /usr/share alone.
    fish_there = ("env", "XDG_DATA_DIRS=/usr/local/share:/usr/share", "fish")

    def fish(line: str) -> set[str]:
        return {row.split("\t")[0] for row in run(*fish_there, "-c", f"complete -C '{line}'").splitlines()}

    assert fish("supervisorctl re") == {"restart", "reload"}
    assert fish("supervisorctl status ") == {"caddy", "other"}
    assert "--watch" in fish("supervisorctl status --w")
