# shellcheck shell=bash
# What the host must have: root, a few Debian packages, cgroup v2 and some kernel modules. Sourced.

require_root() {
    ((EUID == 0)) || die "needs root (systemd-nspawn, mmdebstrap): sudo ./dev …"
}

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# file → the package that brings it
host_needs() {
    cat <<NEEDS
/usr/bin/mmdebstrap mmdebstrap
/usr/bin/systemd-nspawn systemd-container
/usr/bin/nsenter util-linux
$KEYRING debian-archive-keyring
NEEDS
}

ensure_host_packages() {
    local file package missing=()
    while read -r file package; do
        [[ -e $file ]] || missing+=("$package")
    done < <(host_needs)
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || die "missing packages: ${missing[*]}; install them (this host has no apt-get)"
    say "installing ${missing[*]} on this host"
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update || die "apt-get update failed; cannot install ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null ||
        die "apt-get could not install ${missing[*]}"
}

# Containers cannot load modules, so what the machine uses has to be there before it boots.
ensure_host_kernel() {
    if command -v modprobe >/dev/null; then
        modprobe --quiet --all overlay fuse tun veth nf_tables 2>/dev/null || true
    fi
    grep -qw overlay /proc/filesystems || die "this kernel has no overlayfs, which the machine's root needs"
    [[ $(cgroup_mount) ]] || die "no cgroup v2 hierarchy is mounted, which systemd in the machine needs"
}
