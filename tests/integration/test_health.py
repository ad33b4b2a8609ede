"""[health]: a proxy is ready when it is healthy, and one that falls ill is replaced before it is stopped."""

from pathlib import Path

import pytest

from harness import web
from harness.process import Process
from harness.puppet import puppet_command
from harness.state import changed_file
from harness.systemd import CADDY, active, show, systemctl, try_start, wait_for_status
from harness.wait import wait_for

CONFIG = Path("/etc/rootless-supervisor/caddy.toml")
ADMIN = f'http = "http://localhost/config/"\nunix_socket = "{web.ADMIN_SOCKET}"\n'
WELL = Path("/run/puppet-is-well")
COMMAND = f'command = ["/usr/bin/test", "-e", "{WELL}"]\ninterval = "100ms"\nretries = 2\n'
READY = "notify('READY=1')"
# A web server in the puppet's network; all of them share the port. It answers with the status in `status`.
SERVES = ("status = 200",
          "exec('''\nimport http.server, threading\n"
          "class Server(http.server.HTTPServer):\n  allow_reuse_port = True\n"
          "class Answer(http.server.BaseHTTPRequestHandler):\n"
          "  def do_GET(self):\n    self.send_response(status); self.end_headers()\n"
          "  def log_message(*_):\n    pass\n"
          "server = Server((\"127.0.0.1\", 7001), Answer)\n"
          "threading.Thread(target=server.serve_forever, daemon=True).start()\n''')",
          READY)


@pytest.fixture
def well():
    WELL.touch()
    yield WELL
    WELL.unlink(missing_ok=True)


def process_of(puppet) -> Process:
    """As it says itself: beside it, the supervisor has a probe now and then."""
    return Process(puppet.evaluate("os.getpid()"))


def with_health(puppet, proxy_section: str, health_section: str) -> None:
    puppet.configure(f"[proxy]\n{proxy_section}\n[health]\n{health_section}\n")


def test_caddy_is_ready_when_its_admin_socket_answers(idle):
    with changed_file(CONFIG, CONFIG.read_text() + ADMIN):
        systemctl("start", CADDY)
        assert web.serves_whoami()
        systemctl("stop", CADDY)


def test_caddy_is_not_ready_as_long_as_the_status_is_another(idle, journal):
    text = CONFIG.read_text().replace("[podman]", 'start_timeout = "2s"\n[podman]', 1)
    with changed_file(CONFIG, text + ADMIN + "expect = 418\n"):
        assert try_start(CADDY).returncode != 0
    journal.wait_for("proxy not ready within 2 s: GET http://localhost/config/")
    assert "418" in "\n".join(journal.supervisor_lines())
    assert show(CADDY, "ExecMainStatus") == "75"


@pytest.mark.parametrize("check", ['http = "http://127.0.0.1:7001/"', 'http = "http://127.0.0.1:7001/"\nexpect = 200',
                                   'tcp = "127.0.0.1:7001"'])
def test_a_probe_inside_is_where_the_proxy_is(puppet, check):
    with_health(puppet, puppet_command(*SERVES), check)
    puppet.start()
    assert active(puppet.unit) == "active"


def test_a_probe_outside_is_not_in_the_proxys_network(puppet, journal):
    with_health(puppet, puppet_command(*SERVES) + '\nstart_timeout = "2s"', 'tcp = "127.0.0.1:7001"\ninside = false')
    assert puppet.try_start().returncode != 0
    journal.wait_for("proxy not ready within 2 s: TCP 127.0.0.1:7001: Connection refused")


def test_a_proxy_that_answers_wrongly_is_replaced(puppet, journal):
    with_health(puppet, puppet_command(*SERVES),
                'http = "http://127.0.0.1:7001/"\ninterval = "100ms"\nretries = 2')
    puppet.start()
    before = process_of(puppet)
    puppet.do("status = 503")
    journal.wait_for("replacing the proxy: proxy unhealthy: GET http://127.0.0.1:7001/")
    wait_for("the old proxy to be gone", before.gone)
    assert active(puppet.unit) == "active"
    assert puppet.evaluate("status") == 200


def test_an_unhealthy_proxy_goes_on_until_its_successor_is_healthy(puppet, journal, well):
    """The check is of something that both depend on, so the successor cannot become ready before it is back."""
    with_health(puppet, puppet_command(READY), COMMAND)
    puppet.start()
    old = process_of(puppet)
    well.unlink()
    journal.wait_for("health check failed (1 of 2): /usr/bin/test exited with status 1")
    journal.wait_for("replacing the proxy: proxy unhealthy: /usr/bin/test exited with status 1")
    journal.wait_for("the starting proxy is unhealthy: /usr/bin/test exited with status 1")
    assert not old.gone()
    well.touch()
    journal.wait_for("the proxy is ready")
    wait_for("the old proxy to be gone", old.gone)
    assert active(puppet.unit) == "active"


def test_failures_of_the_start_period_do_not_count(puppet, journal, well):
    well.unlink()
    with_health(puppet, puppet_command(READY), COMMAND + 'start_period = "1h"')
    puppet.begin_to_start()
    failing = "Starting the proxy: /usr/bin/test exited with status 1"
    assert wait_for_status(puppet.unit, failing) == failing
    well.touch()
    journal.wait_for("the proxy is ready")
    assert "unhealthy" not in " ".join(journal.supervisor_lines())


def test_a_probe_that_hangs_is_ended_and_counts_as_failed(puppet, journal):
    with_health(puppet, puppet_command(READY) + '\nstart_timeout = "3s"',
                'command = ["/bin/sleep", "infinity"]\ntimeout = "100ms"\ninterval = "100ms"\nretries = 1')
    assert puppet.try_start().returncode != 0
    journal.wait_for("proxy not ready within 3 s: /bin/sleep was killed after 100 ms without a result")
