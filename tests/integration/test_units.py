"""The unit files by themselves, and how they depend on each other."""

from pathlib import Path

import pytest

from harness import PROJECT, web
from harness.command import attempt, run
from harness.state import known_state
from harness.systemd import CADDY, SOCKET, active, show, systemctl, wait_until_active

UNITS = (CADDY, SOCKET)
# What README.md says of units/caddy.service.
EXPOSURE = 1.1


@pytest.mark.parametrize("unit", UNITS)
def test_the_installed_unit_is_the_shipped_one(unit):
    shipped = (PROJECT / "units" / unit).read_text()
    assert Path("/etc/systemd/system", unit).read_text() == shipped
    assert Path("/usr/local/share/rootless-supervisor/units", unit).read_text() == shipped


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_to_complain_about(unit):
    # Without the manual: that it is installed is no matter of the unit's.
    answer = attempt("systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{unit}")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_systemd_says_nothing_about_the_units_when_it_loads_and_starts_them(idle, journal):
    systemctl("daemon-reload")
    systemctl("start", CADDY)
    warnings = [entry["MESSAGE"] for entry in journal.entries("_PID=1", "PRIORITY=4", "PRIORITY=3")]
    assert [text for text in warnings if "caddy" in text] == []


def exposure_of(file: Path) -> float:
    text = run("systemd-analyze", "security", "--offline=true", str(file), "--no-pager")
    return float(text.split(f"Overall exposure level for {file.name}: ")[1].split()[0])


def test_the_service_is_exposed_no_more_than_the_readme_says():
    file = Path("/etc/systemd/system", CADDY)
    assert exposure_of(file) <= EXPOSURE
    threshold = f"--threshold={EXPOSURE * 10:.0f}"
    assert attempt("systemd-analyze", "security", "--offline=true", threshold, str(file)).returncode == 0


def test_what_acme_needs_costs_no_more(tmp_path):
    file = tmp_path / CADDY
    shipped = Path("/etc/systemd/system", CADDY).read_text()
    file.write_text(shipped.replace("[Install]", "IPAddressAllow=any\n\n[Install]"))
    assert exposure_of(file) <= EXPOSURE


def test_the_hardening_of_the_seeds_unit_is_all_there():
    settings = {
        "AppArmorProfile": "", "CapabilityBoundingSet": "", "AmbientCapabilities": "", "Delegate": "no",
        "DevicePolicy": "closed", "KeyringMode": "private", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
        "NoNewPrivileges": "yes", "PrivateDevices": "yes", "PrivateTmp": "yes", "ProcSubset": "pid",
        "ProtectClock": "yes", "ProtectControlGroups": "yes", "ProtectHome": "yes", "ProtectHostname": "yes",
        "ProtectKernelLogs": "yes", "ProtectKernelModules": "yes", "ProtectKernelTunables": "yes",
        "ProtectProc": "invisible", "ProtectSystem": "strict", "RemoveIPC": "yes", "RestrictRealtime": "yes",
        "RestrictSUIDSGID": "yes", "SystemCallArchitectures": "native", "User": "test", "PAMName": "",
    }
    assert {name: show(CADDY, name) for name in settings} == settings


def test_the_services_network_is_restricted_to_the_host_and_the_containers():
    assert set(show(CADDY, "IPAddressDeny").split()) == {"0.0.0.0/0", "::/0"}
    assert set(show(CADDY, "IPAddressAllow").split()) == {
        "127.0.0.0/8", "::1/128", "10.88.0.0/13", "10.96.0.0/11", "10.128.0.0/9", "fc00::/7"}


def test_stopping_the_sockets_stops_the_service_and_closes_the_ports(idle):
    systemctl("start", CADDY)
    systemctl("stop", SOCKET)
    wait_until_active(CADDY, "inactive")
    refused = attempt(*web.curl_arguments(f"http://{web.WHOAMI}/", "127.0.0.1"))
    assert refused.returncode == 7
    assert not Path("/srv/caddy/socket/caddy.sock").is_socket() or active(SOCKET) == "inactive"


def test_starting_the_service_starts_the_sockets(idle):
    systemctl("stop", SOCKET)
    systemctl("start", CADDY)
    assert (active(SOCKET), active(CADDY)) == ("active", "active")
    assert web.serves_whoami()


def test_the_ports_are_open_before_the_service_is_up(idle):
    text = run("ss", "--no-header", "--listening", "--tcp", "--udp", "--numeric", "( sport = :80 or sport = :443 )")
    listening = {(line.split()[0], line.split()[4]) for line in text.splitlines()}
    assert listening == {("tcp", "*:80"), ("tcp", "*:443"), ("udp", "*:443")}


def test_the_admin_socket_is_for_user_test_alone(idle):
    socket = Path("/srv/caddy/socket/caddy.sock")
    status = socket.stat()
    assert (socket.owner(), socket.group(), status.st_mode & 0o777) == ("test", "test", 0o600)


def test_both_can_be_enabled_and_come_up_again_after_a_reload_of_systemd(idle):
    systemctl("enable", *UNITS)
    try:
        assert show(CADDY, "UnitFileState") == show(SOCKET, "UnitFileState") == "enabled"
        systemctl("start", CADDY)
        before = show(CADDY, "MainPID")
        systemctl("daemon-reload")
        assert (active(CADDY), show(CADDY, "MainPID")) == ("active", before)
    finally:
        systemctl("disable", *UNITS)
        known_state(caddy=False)
