#!/usr/bin/env bash
# Another computer on the machine's network: the network namespace `other` (192.0.2.18) at the other end of a veth
# pair. It is also the machine's default gateway, so that the machine (192.0.2.5) has an uplink as real ones have.
#
#   other_computer.sh up            make it; nothing happens if it is there
#   other_computer.sh down          remove it
#   other_computer.sh run COMMAND…  run COMMAND on it
set -euo pipefail

up() {
    if ip netns exec other true 2>/dev/null; then return; fi
    ip netns add other
    ip link add eth0 type veth peer name eth0 netns other
    ip -n other link set lo up
    ip -n other address add 192.0.2.18/24 dev eth0
    ip -n other link set eth0 up
    ip address add 192.0.2.5/24 dev eth0
    ip link set eth0 up
    ip route add default via 192.0.2.18
}

case ${1:-} in
    up) up ;;
    down)
        ip link delete eth0
        ip netns delete other
        ;;
    run) exec ip netns exec other "${@:2}" ;;
    *)
        printf '%s\n' "usage: other_computer.sh up | down | run COMMAND…" >&2
        exit 2
        ;;
esac
