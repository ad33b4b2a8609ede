# shellcheck shell=bash
# The Debian root that the project is built in and that every machine boots from. It is made once, kept under a key of
# what goes in, and only ever mounted read-only. Sourced.

DEV_MIRROR=${DEV_MIRROR:-http://deb.debian.org/debian}
DEV_SECURITY_MIRROR=${DEV_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

root_key() {
    cat "$MACHINE_SCRIPTS"/packages/* "$MACHINE_SCRIPTS/root.sh" | sha256sum | cut -c1-12
}

root_dir() {
    printf '%s\n' "$CACHE/roots/$1-$(root_key)"
}

ensure_root() {
    local release=$1 root
    root=$(root_dir "$release")
    [[ ! -d $root ]] || return 0
    (
        lock "$CACHE/roots/$release.lock" "makes the $release root"
        [[ ! -d $root ]] || exit 0
        make_root "$release" "$root"
    )
    remove_old_roots "$release" "$root"
}

make_root() {
    local release=$1 root=$2 partial=$CACHE/roots/.$1.partial started=$SECONDS
    say "making the $release root from ${DEV_MIRROR} (once, a minute or two)"
    # What an interrupted run left. Never past a mount that it may have left too.
    rm -rf --one-file-system "$partial"
    run_mmdebstrap "$release" "$partial" --variant=minbase --include="$(root_packages)" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' ||
        die "mmdebstrap could not make the $release root"
    add_caddy "$partial"
    configure_root "$partial"
    mv "$partial" "$root"
    say "made the $release root in $((SECONDS - started)) s ($(du -sh "$root" | cut -f1))"
}

root_packages() {
    sed -e '/^#/d' -e '/^$/d' "$MACHINE_SCRIPTS"/packages/* | sort -u | paste -sd,
}

# run_mmdebstrap RELEASE TARGET OPTION… Debian testing is read even where a mirror's copy is past its Valid-Until: the
# signature still counts, only the age does not. In a mount namespace of its own: what it mounts goes with it if it is
# killed.
run_mmdebstrap() {
    local release=$1 target=$2 deb="deb [signed-by=$KEYRING]" sources
    shift 2
    sources="$deb $DEV_MIRROR $release main"
    if [[ $release == forky ]]; then
        set -- "$@" --aptopt='Acquire::Check-Valid-Until "false"'
    else
        sources+=$'\n'"$deb $DEV_MIRROR $release-updates main"
        sources+=$'\n'"$deb $DEV_SECURITY_MIRROR $release-security main"
    fi
    # A folder for its temporary files, which would stay in /tmp.
    rm -rf "$target.tmp"
    mkdir -p "$target.tmp"
    printf '%s\n' "$sources" |
        TMPDIR=$target.tmp unshare --mount mmdebstrap --mode=root --format=directory "$@" "$release" "$target" - ||
        return
    rm -rf "$target.tmp"
}

# Caddy reads fd/N listeners since 2.9, Debian 13 has 2.6: only the program is taken from forky's package, no unit.
add_caddy() {
    local root=$1 unpacked=$1.caddy
    rm -rf --one-file-system "$unpacked"
    run_mmdebstrap forky "$unpacked" --variant=extract --include=caddy ||
        die "mmdebstrap could not fetch forky's caddy"
    install -m 755 "$unpacked/usr/bin/caddy" "$root/usr/local/bin/caddy"
    rm -rf --one-file-system "$unpacked"
    chroot "$root" /usr/local/bin/caddy version >/dev/null || die "forky's caddy does not run in this root"
}

# What makes a machine of the root boot in a moment and alone. The rest is done in the running machine, as on any
# host.
configure_root() {
    local root=$1 unit
    : >"$root/etc/machine-id" # each boot makes its own
    rm -f "$root/etc/hostname"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
    # The other computer of the walk-through. Nothing listens there: a query is refused at once instead of timing out.
    echo 'nameserver 192.0.2.18' >"$root/etc/resolv.conf"
    # Without a pids controller (a host with cgroup v1) crun refuses every limit.
    mkdir -p "$root/etc/containers"
    printf '[containers]\npids_limit=0\n' >"$root/etc/containers/containers.conf"
    mkdir -p "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nRateLimitIntervalSec=0\n' >"$root/etc/systemd/journald.conf.d/tests.conf"
    # sysctl and the modules would change the host's kernel; the others only cost time.
    for unit in systemd-sysctl.service systemd-modules-load.service sys-kernel-{debug,tracing,config}.mount \
        modprobe@.service dev-hugepages.mount systemd-pstore.service console-getty.service getty@.service \
        apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
        netavark-dhcp-proxy.service netavark-dhcp-proxy.socket nginx.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
    # The network is there before systemd is. Podman's user units wait for the target.
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf /usr/lib/systemd/system/network-online.target "$root/etc/systemd/system/multi-user.target.wants/"
    # As if the services that react to a new /usr (ldconfig, sysusers, catalog) had run: the packages did it.
    touch "$root/etc/.updated" "$root/var/.updated"
}

# Roots of other keys go, unless a machine still runs from one.
remove_old_roots() {
    local release=$1 current=$2 old
    for old in "$CACHE/roots/$release"-*/; do
        old=${old%/}
        [[ $old != "$current" && -d $old ]] || continue
        flock --nonblock --conflict-exit-code 0 "$old.in-use" rm -rf --one-file-system "$old" ||
            die "cannot remove $old"
        # The locks beside it: ours and the one that systemd-nspawn makes.
        [[ -d $old ]] || rm -f "$old.in-use" "${old%/*}/.#${old##*/}.lck"
    done
}
