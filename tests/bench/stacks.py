"""The sandboxes that the benchmark compares, as transient units; each runs one proxy on one port of loopback."""

import socket
from dataclasses import dataclass, field
from pathlib import Path

from harness import USER
from harness.command import run
from harness.systemd import processes_of, systemctl
from harness.wait import wait_for

UNITS = Path("/run/systemd/system")
HOME = Path("/srv/bench")
CONFIGS = Path("/etc/rootless-supervisor")
SHIPPED = Path("/etc/systemd/system/caddy.service")
# Of the shipped unit: what is about caddy.socket and Caddy's own files.
OF_CADDY_ALONE = ("Requires=", "After=", "AssertPath", "ReadWritePaths=", "WatchdogSec=")

# A unit that was hardened until systemd-analyze had nothing more to say than that it needs user, network and mount
# namespaces, ordinary sockets and a real user; the clock device is what ProtectClock= leaves it.
SEED = """\
CapabilityBoundingSet=
DevicePolicy=closed
IPAddressDeny=any
IPAddressAllow=localhost
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateNetwork=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=user net mnt
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @mount
SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @privileged @raw-io @reboot @resources @swap
UMask=0077
"""


@dataclass(frozen=True)
class Proxy:
    name: str
    command: list[str]
    environment: str
    config: Path
    text: str
    profile: str


PAGE = HOME / "page"
CADDY = Proxy("caddy", ["/usr/local/bin/caddy", "run", "--config", str(HOME / "Caddyfile"), "--adapter", "caddyfile"],
              f"XDG_CONFIG_HOME={HOME}/state", HOME / "Caddyfile", f"""\
{{
    admin off
    auto_https off
    persist_config off
}}
http:// {{
    bind fd/3
    root * {HOME}
    respond /word "word"
    file_server
}}
""", "caddy")
# nginx takes listening sockets over as from a predecessor, by address and by this variable. One process: a worker
# would call setgid and setuid inside Podman's user namespace, where it is uid 0, and ours is a unit that refuses it.
NGINX = Proxy("nginx", ["/usr/sbin/nginx", "-c", str(HOME / "PORT.conf")], "NGINX=3;", HOME / "nginx.conf", f"""\
daemon off;
master_process off;
pid /tmp/PORT.pid;
user root root;
error_log /dev/null;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path /tmp/PORT-body; proxy_temp_path /tmp/PORT-proxy; fastcgi_temp_path /tmp/PORT-fastcgi;
    uwsgi_temp_path /tmp/PORT-uwsgi; scgi_temp_path /tmp/PORT-scgi;
    server {{ listen 127.0.0.1:PORT; root {HOME};
        location /word {{ return 200 "word"; }} }}
}}
""", "nginx")


@dataclass
class Stack:
    """One proxy in one sandbox."""

    what: str
    proxy: Proxy
    port: int
    hardening: str  # lines of [Service]
    supervised: bool
    landlock: str = "enforce"
    unit: str = field(init=False)

    def __post_init__(self) -> None:
        self.unit = f"bench-{self.port}"

    @property
    def service(self) -> str:
        return f"{self.unit}.service"

    def command(self) -> list[str]:
        return [word.replace("PORT", str(self.port)) for word in self.proxy.command]

    def start(self) -> None:
        text = self.proxy.text.replace("PORT", str(self.port))
        own = HOME / f"{self.port}.conf" if self.proxy is NGINX else self.proxy.config
        own.write_text(text)
        own.chmod(0o644)
        start = f"ExecStart=rootless-supervisor {self.unit}"
        if self.supervised:
            config = CONFIGS / f"{self.unit}.toml"
            words = ", ".join(f'"{word}"' for word in self.command())
            config.write_text(f'[proxy]\ncommand = [{words}]\nready = "exec"\n[podman]\ndns = false\n'
                              f'[policy]\nprofile = "{self.proxy.profile}"\nlandlock = "{self.landlock}"\n'
                              f'read = ["{HOME}"]\n')
            config.chmod(0o644)
        else:
            start = "ExecStart=" + " ".join(self.command())
        (UNITS / f"{self.unit}.socket").write_text(f"[Socket]\nListenStream=127.0.0.1:{self.port}\n")
        (UNITS / self.service).write_text(
            f"[Service]\nUser={USER}\nGroup={USER}\nEnvironment={self.proxy.environment}\n"
            f"LimitNOFILE=65536\n{start}\n{self.hardening}")
        systemctl("daemon-reload")
        systemctl("start", f"{self.unit}.socket", self.service)
        wait_for(f"{self.service} to answer", self._answers, 20)

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            client.sendall(b"GET /page HTTP/1.0\r\n\r\n")
            return b" 200 " in client.recv(64)

    def remove(self) -> None:
        if not (UNITS / self.service).exists():
            return
        systemctl("stop", f"{self.unit}.socket", self.service)
        for path in (UNITS / f"{self.unit}.socket", UNITS / self.service, CONFIGS / f"{self.unit}.toml"):
            path.unlink(missing_ok=True)

    def cpu_seconds(self) -> float:
        """Of all threads of all its processes, since they were started (proc_pid_schedstat)."""
        threads = [file for pid in processes_of(self.service) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return sum(int(file.read_text().split()[0]) for file in threads) / 1e9

    def filters(self) -> int:
        counts = [int(line.split()[1]) for pid in processes_of(self.service)
                  for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Seccomp_filters")]
        return max(counts)


def shipped_hardening(without: tuple[str, ...] = ()) -> str:
    """The [Service] of our unit, as it is shipped."""
    lines = SHIPPED.read_text().split("[Service]\n")[1].split("[Install]")[0].splitlines(keepends=True)
    dropped = (*OF_CADDY_ALONE, *without, "Type=", "User=", "Group=", "ExecStart=", "Environment=", "SyslogIdentifier=")
    return "Type=notify-reload\n" + "".join(line for line in lines if not line.startswith(dropped))


def prepare() -> None:
    """The page that is served, and where Caddy keeps what it keeps."""
    (HOME / "state").mkdir(parents=True, exist_ok=True)
    HOME.chmod(0o755)
    run("chown", USER, str(HOME / "state"))
    PAGE.write_bytes(b"x" * 1024)
    PAGE.chmod(0o644)


def stacks_of(proxy: Proxy, first_port: int, without: list[str]) -> list[Stack]:
    """The first is what the others are compared with. `without`: directives that our unit is also tried without."""
    runtime = "Type=notify-reload\nRuntimeDirectory=rootless-supervisor/%N\n"
    return [
        Stack("unfiltered", proxy, first_port, "", supervised=False),
        Stack("our filter alone", proxy, first_port + 1, runtime, supervised=True, landlock="off"),
        Stack("our unit's whole stack", proxy, first_port + 2, shipped_hardening(), supervised=True),
        Stack("the seed unit's stack", proxy, first_port + 3, SEED, supervised=False),
        *(Stack(f"ours without {name}", proxy, first_port + 4 + number, shipped_hardening((f"{name}=",)), supervised=True)
          for number, name in enumerate(without)),
    ]
