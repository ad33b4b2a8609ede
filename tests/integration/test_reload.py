"""systemctl reload: what is read anew, what follows from it, and that systemd always hears the end of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import web
from harness.command import attempt
from harness.followed import served_throughout
from harness.journal import Journal
from harness.process import proxy, supervisor
from harness.puppet import puppet_command
from harness.state import changed_file
from harness.systemd import CADDY, active, show, systemctl, wait_for_status
from harness.wait import wait_for

CONFIG = Path("/etc/rootless-supervisor/caddy.toml")
CADDYFILE = Path("/srv/caddy/Caddyfile")
NEW_SITE = '\nhttp://new.example.com {\n\timport http\n\trespond "from the new file"\n}\n'
PROXY_READS_IT_ITSELF = '[proxy]\nreload_signal = "SIGUSR1"\nstart_timeout = "2s"\n'


@contextmanager
def proxy_section(lines: str) -> Iterator[None]:
    """More keys in [proxy] of caddy.toml."""
    with changed_file(CONFIG, CONFIG.read_text().replace("[proxy]\n", lines, 1)):
        yield


@contextmanager
def caddyfile(more: str) -> Iterator[None]:
    with changed_file(CADDYFILE, CADDYFILE.read_text() + more):
        yield


def serves_the_new_site() -> bool:
    return web.get("http://new.example.com/").body == "from the new file"


@pytest.fixture
def reloading_itself(fresh_caddy) -> Iterator[None]:
    """Caddy 2.11 and later reads its file anew on SIGUSR1."""
    with proxy_section(PROXY_READS_IT_ITSELF):
        systemctl("reload", CADDY)
        yield


def test_a_changed_caddyfile_is_served_without_a_failed_request(fresh_caddy):
    with served_throughout() as caddy, caddyfile(NEW_SITE):
        systemctl("reload", CADDY)
        assert serves_the_new_site()
        caddy.journal.wait_for("replacing the proxy: reload")
        caddy.journal.wait_for("the stopped proxy exited with status 0")
        assert proxy() != caddy.proxy


def test_a_broken_caddyfile_leaves_the_old_proxy_and_is_told(fresh_caddy):
    with served_throughout() as caddy, caddyfile("broken {"):
        systemctl("reload", CADDY)
        entry = caddy.journal.wait_for("the successor failed: proxy exited with status 1 before it was ready; "
                                       "the old proxy serves on")
        assert entry["PRIORITY"] == "4"
        assert proxy() == caddy.proxy
        assert web.serves_whoami()
        # What was only asked for is not tried again.
        assert "next try" not in "\n".join(caddy.journal.supervisor_lines())


def test_a_broken_configuration_keeps_the_old_one_and_says_where_it_is_wrong(fresh_caddy, journal):
    before = proxy()
    with proxy_section('[proxy]\nstop_timout = "20s"\n'):
        answer = attempt("systemctl", "reload", CADDY)
    assert answer.returncode == 0
    entry = journal.wait_for(f"{CONFIG}:")
    line = CONFIG.read_text().splitlines().index("[proxy]") + 2
    assert entry["MESSAGE"].startswith(f"{CONFIG}:{line}:1: unknown key 'stop_timout'")
    assert entry["MESSAGE"].endswith("; keeping the configuration as it was")
    assert entry["PRIORITY"] == "4"
    assert (active(CADDY), show(CADDY, "SubState"), show(CADDY, "NRestarts")) == ("active", "running", "0")
    assert proxy() == before
    assert web.serves_whoami()


def test_a_missing_configuration_keeps_the_old_one(puppet, journal):
    puppet.install(puppet_command("notify('READY=1')"))
    puppet.start()
    before = puppet.process()
    Path("/etc/rootless-supervisor/puppet.toml").unlink()
    systemctl("reload", puppet.unit)
    journal.wait_for("cannot read: No such file or directory")
    assert (active(puppet.unit), puppet.process()) == ("active", before)


def test_what_has_changed_is_told(fresh_caddy, journal):
    with proxy_section('[proxy]\nstop_timeout = "20s"\n'):
        systemctl("reload", CADDY)
    lines = journal.supervisor_lines()
    assert any('proxy.stop_timeout: "10s" -> "20s"' in line for line in lines), lines
    assert sum(" -> " in line for line in lines) == 1


def test_nothing_is_told_of_a_configuration_that_is_the_same(fresh_caddy, journal):
    systemctl("reload", CADDY)
    assert [line for line in journal.supervisor_lines() if " -> " in line] == []


def test_a_changed_command_is_run_by_a_new_proxy(fresh_caddy):
    before = proxy()
    with changed_file(CONFIG, CONFIG.read_text().replace('"--environ", ', "")):
        systemctl("reload", CADDY)
        after = proxy_other_than(before.pid)
        assert b"--environ" not in (after.proc / "cmdline").read_bytes()


def proxy_other_than(pid: int):
    wait_for("the old proxy to be gone", lambda: pid not in supervisor().children())
    return proxy()


def test_caddy_itself_reloads_by_its_signal(reloading_itself):
    before = proxy_other_than(0)
    journal = Journal()
    with caddyfile(NEW_SITE):
        systemctl("reload", CADDY)
        wait_for("the new site", serves_the_new_site)
    assert proxy() == before
    assert "starting" not in "\n".join(journal.supervisor_lines())
    assert active(CADDY) == "active"


def test_a_changed_command_needs_more_than_the_signal(reloading_itself):
    before = proxy()
    with changed_file(CONFIG, CONFIG.read_text().replace('"--environ", ', "")):
        systemctl("reload", CADDY)
        assert proxy_other_than(before.pid) != before


def test_a_program_that_was_updated_needs_more_than_the_signal(reloading_itself, journal):
    program, before = Path("/usr/local/bin/caddy"), proxy()
    updated, kept = program.with_name("caddy.new"), program.with_name("caddy.old")
    shutil.copy2(program, updated)
    program.rename(kept)
    updated.rename(program)
    try:
        systemctl("reload", CADDY)
        journal.wait_for(f"{program} is another file than the one that runs")
        wait_for("the old proxy to be gone", before.gone)
        assert web.serves_whoami()
    finally:
        kept.rename(program)


def test_a_reload_that_caddy_says_nothing_about_ends_after_the_start_timeout(reloading_itself):
    """Caddy refuses a file that it cannot parse before it tells anyone that it reloads."""
    before, journal = proxy(), Journal()
    with caddyfile("broken {"):
        systemctl("reload", CADDY)
    entry = journal.wait_for("the proxy did not say READY=1 within 2 s of its reload")
    assert entry["PRIORITY"] == "4"
    assert (active(CADDY), proxy()) == ("active", before)
    assert web.serves_whoami()


def test_systemd_waits_for_the_end_of_a_reload(puppet):
    """systemd.service(5), Type=notify-reload: from RELOADING=1 to READY=1."""
    puppet.install(puppet_command("signal.signal(signal.SIGUSR1, lambda *_: notify('STATUS=asked to reload'))",
                                  "notify('READY=1')") + '\nreload_signal = "SIGUSR1"')
    puppet.start()
    systemctl("reload", "--no-block", puppet.unit)
    wait_for_status(puppet.unit, "asked to reload")
    assert active(puppet.unit) == "reloading"
    puppet.do("notify('READY=1')")
    wait_for("the reload to end", lambda: active(puppet.unit) == "active")


def test_a_reload_while_the_proxy_starts_reaches_the_proxy(idle, journal):
    """Before READY=1 there is nothing to tell systemd; the signal alone does no harm."""
    systemctl("start", "--no-block", CADDY)
    journal.wait_for(" as process ")
    attempt("systemctl", "kill", "--kill-whom=main", "--signal=HUP", CADDY)
    systemctl("start", CADDY)
    assert web.serves_whoami()
    assert show(CADDY, "NRestarts") == "0"
