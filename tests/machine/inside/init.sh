#!/usr/bin/env bash
# The machine's first process: makes what a real computer has and a systemd-nspawn container lacks, then becomes
# systemd. So early because systemd's daemons remember what they saw when they started.
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The kernel lets a nested user namespace mount proc and sysfs only where a mount without masked parts is visible.
mkdir -p /run/machine/proc /run/machine/sys
mount -t proc proc /run/machine/proc
mount -t sysfs sysfs /run/machine/sys

# nspawn covers the boot id by a file of its own, which systemd 262 does not take for one: it refuses user sessions.
while mountpoint --quiet /proc/sys/kernel/random/boot_id; do
    umount /proc/sys/kernel/random/boot_id
done

# Nodes of its own: changing the mode of the host's would change it on the host.
mkdir -p /dev/net
rm -f /dev/net/tun /dev/fuse
mknod -m 666 /dev/net/tun c 10 200
mknod -m 666 /dev/fuse c 10 229

ip link set lo up
"${BASH_SOURCE[0]%/*}/other_computer.sh" up

exec /usr/lib/systemd/systemd
