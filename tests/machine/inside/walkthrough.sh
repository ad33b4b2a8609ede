#!/usr/bin/env bash
# Sets the machine up as the quickstart does: user test, the directories of Caddy, whoami running as a quadlet of
# rootless Podman, our units and configuration installed. caddy.socket and caddy.service are left to be started.
set -euo pipefail

here=$(cd -- "${BASH_SOURCE[0]%/*}/.." && pwd)
share=/usr/local/share/rootless-supervisor

as_test() {
    "$here/inside/run_as.sh" test "$@"
}

make_user() {
    useradd --create-home --shell /bin/bash test
    loginctl enable-linger test
    # Lingering starts the user manager; this waits until it is ready.
    systemctl start "user@$(id -u test).service"
}

make_site() {
    mkdir -p /srv/caddy/{caddy_config,caddy_data,caddy_static,socket}
    chown test:test /srv/caddy/caddy_{config,data,static}
    echo 'my static file' >/srv/caddy/caddy_static/file.txt
    install -m 644 "$here/Caddyfile" /srv/caddy/Caddyfile
}

# Our whoami: Caddy answering with the request, in an image of just its program, the libraries and the configuration.
# A file tree like a scratch image's; no registry is needed.
import_whoami() {
    local tree
    tree=$(mktemp -d)
    mkdir "$tree/tmp"
    local file
    while read -r file; do
        install -D -m 755 "$file" "$tree$file"
    done < <(echo /usr/local/bin/caddy && ldd /usr/local/bin/caddy | grep -o '/[^ ]*')
    install -D -m 644 "$here/whoami/Caddyfile" "$tree/etc/caddy/Caddyfile"
    tar -C "$tree" -c . | as_test podman import --quiet \
        --change 'CMD ["/usr/local/bin/caddy", "run", "--config", "/etc/caddy/Caddyfile"]' \
        --change 'ENV HOME=/tmp' --change 'EXPOSE 80' - localhost/whoami:latest >/dev/null
    rm -r "$tree"
}

start_whoami() {
    as_test mkdir -p .config/containers/systemd
    as_test cp "$here"/quadlets/* .config/containers/systemd/
    as_test systemctl --user daemon-reload
    as_test systemctl --user start whoami.service
    local address
    address=$(as_test podman inspect whoami.example.com \
        --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')
    as_test podman unshare --rootless-netns curl --silent --show-error --output /dev/null --fail \
        --retry 20 --retry-delay 1 --retry-connrefused "http://$address/"
}

install_units() {
    install -m 644 "$share"/units/caddy.{socket,service} /etc/systemd/system/
    install -D -m 644 "$share/config/caddy.toml" /etc/rootless-supervisor/caddy.toml
    systemctl daemon-reload
}

make_user
make_site
import_whoami
start_whoami
install_units
