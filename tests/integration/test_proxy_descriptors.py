"""What is handed to the proxy: descriptors and environment."""

import os
import re
import stat

from harness.process import Process

# What Caddy and Go open by themselves: event loop, wake-up, duplicates of the listeners, connections. Pipes are not
# among it: one would be the supervisor's.
OF_CADDY = re.compile(r"socket:\[\d+\]|anon_inode:\[event(poll|fd)\]")
PASSED = (3, 4, 5, 6)


def kind_of(process: Process, fd: int) -> int:
    return stat.S_IFMT(os.stat(process.proc / "fd" / str(fd)).st_mode)


def test_caddy_gets_four_sockets_after_its_standard_streams(caddy_proxy):
    assert {kind_of(caddy_proxy, fd) for fd in PASSED} == {stat.S_IFSOCK}
    assert caddy_proxy.descriptors()[0] == "/dev/null"
    assert caddy_proxy.descriptors()[1] == caddy_proxy.descriptors()[2]


def test_the_sockets_come_in_the_order_of_the_socket_unit(caddy_proxy):
    """fd/3 is HTTP, fd/4 HTTPS, fdgram/5 HTTP/3, fd/6 the admin API, as in the Caddyfile."""
    inodes = {fd: caddy_proxy.descriptors()[fd].strip("socket:[]") for fd in PASSED}
    assert Sockets().described(inodes) == {3: "tcp6 port 80", 4: "tcp6 port 443", 5: "udp6 port 443",
                                           6: "unix /srv/caddy/socket/caddy.sock"}


class Sockets:
    """The machine's sockets by inode, from PID 1's /proc/net."""

    def __init__(self) -> None:
        self._by_inode = {}
        for protocol in ("tcp6", "udp6"):
            for line in self._lines(protocol):
                port = int(line[1].rpartition(":")[2], 16)
                self._by_inode[line[9]] = f"{protocol} port {port}"
        for line in self._lines("unix"):
            if len(line) > 7:
                self._by_inode[line[6]] = f"unix {line[7]}"

    @staticmethod
    def _lines(table: str) -> list[list[str]]:
        with open(f"/proc/1/net/{table}") as file:
            return [line.split() for line in file.readlines()[1:]]

    def described(self, inodes: dict[int, str]) -> dict[int, str]:
        return {fd: self._by_inode.get(inode, "no socket of the machine") for fd, inode in inodes.items()}


def test_caddy_holds_nothing_but_its_streams_the_sockets_and_what_it_opened_itself(caddy_proxy):
    others = {fd: target for fd, target in caddy_proxy.descriptors().items() if fd > max(PASSED)}
    strays = {fd: target for fd, target in others.items() if not OF_CADDY.fullmatch(target)}
    assert strays == {}


def test_caddy_holds_no_namespace_no_directory_and_no_pipe_of_the_supervisors(caddy, caddy_proxy):
    of_supervisor = {target for fd, target in caddy.descriptors().items() if fd > 2}
    passed = {caddy_proxy.descriptors()[fd] for fd in PASSED}
    of_caddy = {target for fd, target in caddy_proxy.descriptors().items() if fd > 2}
    shared = {target for target in (of_supervisor & of_caddy) - passed if not target.startswith("anon_inode:")}
    assert shared == set()
    assert not [target for target in of_caddy if target.startswith(("/", "net:", "user:", "mnt:"))]


def test_the_supervisor_holds_the_namespaces_that_caddy_is_in(caddy, caddy_proxy):
    """Held open, a namespace's number cannot be given to another."""
    held = {os.stat(caddy.proc / "fd" / str(fd)).st_ino for fd in caddy.descriptors()}
    assert {os.stat(caddy_proxy.proc / "ns" / kind).st_ino for kind in ("user", "net")} <= held


def test_caddy_is_told_about_its_sockets_under_its_own_process_id(caddy_proxy):
    environment = caddy_proxy.environment()
    assert environment["LISTEN_PID"] == str(caddy_proxy.pid)
    assert environment["LISTEN_FDS"] == "4"
    assert environment["LISTEN_FDNAMES"] == "caddy.socket:caddy.socket:caddy.socket:caddy.socket"


def test_caddy_reports_to_the_supervisor_and_not_to_systemd(caddy, caddy_proxy):
    systemds = caddy.environment()["NOTIFY_SOCKET"]
    assert caddy_proxy.environment()["NOTIFY_SOCKET"] == "/run/rootless-supervisor/caddy/notify" != systemds


def test_caddys_environment_has_nothing_that_was_meant_for_the_supervisor(caddy_proxy):
    environment = caddy_proxy.environment()
    meant_for_supervisor = {"WATCHDOG_USEC", "WATCHDOG_PID", "MAINPID", "LISTEN_PIDFDID"}
    assert meant_for_supervisor & environment.keys() == set()
    assert "user-runtime" not in " ".join(environment.values())


def test_caddys_environment_has_what_the_unit_sets(caddy_proxy):
    environment = caddy_proxy.environment()
    assert environment["XDG_CONFIG_HOME"] == "/srv/caddy/caddy_config"
    assert environment["XDG_DATA_HOME"] == "/srv/caddy/caddy_data"
    assert environment["USER"] == "test"


def test_a_proxy_starts_with_no_signal_blocked_or_ignored(puppet):
    """Shown by a program that changes neither: the event loop of the supervisor needs some of them blocked."""
    puppet.install('command = ["/bin/sleep", "infinity"]\nready = "exec"')
    puppet.start()
    status = puppet.process().status()
    assert (int(status["SigBlk"], 16), int(status["SigIgn"], 16)) == (0, 0)
