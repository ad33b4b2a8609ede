#!/usr/bin/env bash
# Runs in the machine: starts caddy.socket and caddy.service and makes every request of the walk-through. Each command
# is printed as it is run. Exit status 0 only if every answer was the expected one.
#
#   demo.sh [--colour]
set -uo pipefail

scripts=$(cd -- "${BASH_SOURCE[0]%/*}" && pwd)
bold='' dim='' green='' red='' plain=''
if [[ ${1:-} == --colour ]]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
admin=/srv/caddy/socket/caddy.sock
wrong=0

as_test() { "$scripts/inside/run_as.sh" test "$@"; }
on_other_computer() { "$scripts/inside/other_computer.sh" run "$@"; }
caddy_pid() { pgrep --exact caddy --parent "$(systemctl show --property=MainPID --value caddy.service)"; }

heading() {
    printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# show TITLE EXPECTED COMMAND prints a shell command with what it answered, which must be EXPECTED to the letter.
show() {
    local title=$1 expected=$2 command=$3 answer
    answer=$(eval "$command" 2>&1)
    if [[ $answer == "$expected" ]]; then
        printf '  %s✓%s %s\n' "$green" "$plain" "$title"
    else
        wrong=$((wrong + 1))
        printf '  %s✗ %s: expected «%s»%s\n' "$red" "$title" "$expected" "$plain"
    fi
    printf '      %s$ %s%s\n      %s\n' "$dim" "$command" "$plain" "${answer//$'\n'/$'\n'      }"
}

start() {
    heading 'systemctl start caddy.socket caddy.service'
    if systemctl start caddy.socket caddy.service; then
        printf '  %s✓%s caddy.service is %s\n' "$green" "$plain" "$(systemctl is-active caddy.service)"
        return
    fi
    printf '  %s✗ caddy.service did not start; its journal:%s\n' "$red" "$plain"
    journalctl --no-pager --output=cat --unit=caddy.socket --unit=caddy.service --lines=40
    exit 1
}

# Caddy made its own certificate authority (local_certs). curl trusts it from here on, so that certificates count.
trust_caddy() {
    export CURL_CA_BUNDLE=/run/caddy-authority.crt
    curl --silent --fail --header 'Host: ' --unix-socket "$admin" http://localhost/pki/ca/local |
        jq --raw-output .root_certificate >"$CURL_CA_BUNDLE"
}

whoami_requests() {
    local url=https://whoami.example.com name=whoami.example.com:443
    heading 'whoami: a container of user test. Whose request does it see?'
    show 'asked on the machine, by localhost' 'X-Forwarded-For: 127.0.0.1' \
        "curl -s --resolve $name:127.0.0.1 $url | grep X-Forwarded-For"
    show "asked on the machine, by its own address" 'X-Forwarded-For: 192.0.2.5' \
        "curl -s --resolve $name:192.0.2.5 $url | grep X-Forwarded-For"
    show 'asked from another computer (192.0.2.18)' 'X-Forwarded-For: 192.0.2.18' \
        "on_other_computer curl -s --resolve $name:192.0.2.5 $url | grep X-Forwarded-For"
    show 'over HTTP/2' '2 200' \
        "curl -s --resolve $name:192.0.2.5 --http2 -o /dev/null -w '%{http_version} %{http_code}' $url"
    show 'over HTTP/3 (QUIC)' '3 200' \
        "curl -s --resolve $name:192.0.2.5 --http3-only -o /dev/null -w '%{http_version} %{http_code}' $url"
}

static_requests() {
    local name=static.example.com
    heading 'static: a file that Caddy serves itself'
    show 'over HTTP' 'my static file' "curl -s --resolve $name:80:192.0.2.5 http://$name/file.txt"
    show 'over HTTPS' 'my static file' "curl -s --resolve $name:443:192.0.2.5 https://$name/file.txt"
}

look_at_caddy() {
    heading 'Caddy itself'
    show 'answers user test on its admin socket' '{"listen":"fd/6"}' \
        "as_test curl -s -H 'Host: ' --unix-socket $admin http://localhost/config/ | jq -c .admin"
    show "runs in the network of user test's containers" \
        "$(as_test podman unshare --rootless-netns readlink /proc/self/ns/net)" \
        "readlink /proc/\$(caddy_pid)/ns/net"
    show 'has no capability and cannot get one' \
        'CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2' \
        "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/\$(caddy_pid)/status | xargs"
    show 'has ports 80 and 443 though they are privileged' '1024' \
        'cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
}

look_at_supervisor() {
    heading 'What the supervisor wrote to the journal'
    journalctl --no-pager --output=cat --lines=30 _SYSTEMD_UNIT=caddy.service \
        "_PID=$(systemctl show --property=MainPID --value caddy.service)" | sed 's/^/  /'
    heading 'systemctl status caddy.service'
    systemctl status caddy.service --no-pager --full --lines=0 | sed 's/^/  /'
}

start
trust_caddy
whoami_requests
static_requests
look_at_caddy
look_at_supervisor

if ((wrong)); then
    printf '\n%s✗ wrong answers: %d%s\n' "$red" "$wrong" "$plain"
    exit 1
fi
printf '\n%s✓ every answer was right%s\n' "$green" "$plain"
