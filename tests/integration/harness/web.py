"""Requests to the proxy, by curl, with certificates checked."""

from dataclasses import dataclass

from .command import Answer, attempt, run

WHOAMI = "whoami.example.com"
STATIC = "static.example.com"
ADMIN_SOCKET = "/srv/caddy/socket/caddy.sock"
# Caddy makes its own authority (local_certs in the Caddyfile).
AUTHORITY = "/srv/caddy/caddy_data/caddy/pki/authorities/local/root.crt"


@dataclass(frozen=True)
class Response:
    status: int
    version: str  # "1.1", "2", "3"
    body: str

    def seen_by_whoami(self) -> dict[str, list[str]]:
        """The headers of the request that whoami got, which it answers with."""
        headers: dict[str, list[str]] = {}
        for line in self.body.splitlines():
            name, colon, value = line.partition(": ")
            if colon:
                headers.setdefault(name, []).append(value)
        return headers


def curl_arguments(url: str, address: str, *options: str) -> list[str]:
    host = url.split("/")[2]
    shown = f"[{address}]" if ":" in address else address
    ports = ["--resolve", f"{host}:80:{shown}", "--resolve", f"{host}:443:{shown}"]
    return ["curl", "--silent", "--show-error", "--max-time", "10", "--cacert", AUTHORITY, *ports, *options, url]


def get(url: str, address: str = "127.0.0.1", *options: str, other_computer: bool = False) -> Response:
    """Asks for `url` at `address`, whatever the status of the answer."""
    meta = ("--write-out", "\n%{http_code} %{http_version}")
    text = run(*curl_arguments(url, address, *options, *meta), other_computer=other_computer)
    body, _, last = text.rpartition("\n")
    status, version = last.split()
    return Response(int(status), version, body)


def serves_whoami() -> bool:
    return get(f"http://{WHOAMI}/").status == 200


def has_certificates() -> bool:
    """Caddy obtains and loads them after it has said READY."""
    return all(attempt(*curl_arguments(f"https://{host}/", "127.0.0.1", "--head")).returncode == 0
               for host in (WHOAMI, STATIC))


def ask_admin(path: str, user: str) -> Answer:
    # Caddy refuses requests with a Host that it does not expect on a socket.
    return attempt("curl", "--silent", "--fail", "--header", "Host: ", "--unix-socket", ADMIN_SOCKET,
                   f"http://localhost{path}", user=user)
