# shellcheck shell=bash
# One booted machine: systemd as PID 1 on the read-only root, a network of its own, nothing on disk. Sourced.

machine_id() {
    printf '%s\n' "$PROJECT_ID-$1"
}

# The machine's PID 1 as the host sees it: the process in the machine's init.scope that is 1 one level down.
machine_leader() {
    local pid
    while read -r pid; do
        if grep -qsE "^NSpid:\s+$pid\s+1$" "/proc/$pid/status"; then
            printf '%s\n' "$pid"
            return
        fi
    done < <(cat "$(cgroup_dir "$(machine_id "$1")")/payload/init.scope/cgroup.procs" 2>/dev/null)
    return 1
}

# machine_enter NAME USER COMMAND… replaces the calling (sub)shell by COMMAND in the machine: stdin, stdout, stderr
# and exit status are the command's own.
machine_enter() {
    local name=$1 user=$2 leader dir
    shift 2
    leader=$(machine_leader "$name") || die "machine '$name' is not up (./dev up starts one)"
    drop_machine_lock
    # Into a cgroup of the machine's, else its systemd and logind cannot tell who is calling.
    dir=$(cgroup_dir "$(machine_id "$name")")/payload/dev-exec
    mkdir -p "$dir"
    echo "$BASHPID" >"$dir/cgroup.procs"
    exec nsenter --target "$leader" --all -- "$MACHINE_SCRIPTS/inside/run_as.sh" "$user" "$@"
}

machine_exec() {
    (machine_enter "$@")
}

# Only one ./dev at a time makes or uses up a machine of one name. Programs that may outlive a killed ./dev must not
# keep the lock: they let go of it with drop_machine_lock.
MACHINE_LOCK=''
lock_machine() {
    mkdir -p "$CACHE/machines"
    exec {MACHINE_LOCK}>"$CACHE/machines/$1.lock"
    flock --nonblock "$MACHINE_LOCK" ||
        die "another ./dev is using machine '$1' now; wait for it or choose another --name"
}

drop_machine_lock() {
    if [[ $MACHINE_LOCK ]]; then exec {MACHINE_LOCK}>&-; fi
}

machine_log() {
    printf '%s\n' "$CACHE/machines/$1.console"
}

# True once systemd in the machine has finished booting, well or not.
machine_settled() {
    local name=$1 state
    cgroup_alive "$(machine_id "$name")" || die "machine '$name' ended while booting; see $(machine_log "$name")"
    machine_leader "$name" >/dev/null || return 1
    state=$(machine_exec "$name" root systemctl is-system-running 2>/dev/null) || true
    [[ $state == running || $state == degraded ]]
}

# systemd 252 has neither these among what nspawn allows nor the group @sandbox that later ones have them in.
LANDLOCK='landlock_add_rule landlock_create_ruleset landlock_restrict_self'

machine_boot() {
    local name=$1 release=$2 id
    id=$(machine_id "$name")
    if cgroup_alive "$id"; then say "ending machine '$name' of an earlier run"; fi
    end_cgroup "$id"
    say "booting machine '$name'"
    (
        drop_machine_lock
        export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
        # Podman sets sysctls of its networks; the host's other sysctls stay read-only.
        export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
        # /home in memory of its own: Podman's overlay storage cannot lie on the overlay of the root.
        exec_nspawn "$id" "$release" --console=read-only --hostname="$name" \
            --private-network --tmpfs=/home:mode=755 --capability=all \
            --system-call-filter="@keyring bpf @mount seccomp $LANDLOCK" "$MACHINE_SCRIPTS/inside/init.sh"
    ) </dev/null >"$(machine_log "$name")" 2>&1 &
    disown
    wait_until 10 "the cgroup of machine '$name'" cgroup_alive "$id"
    wait_until 60 "machine '$name' to boot; see $(machine_log "$name")" machine_settled "$name"
    machine_exec "$name" root systemctl is-system-running --quiet || {
        machine_exec "$name" root systemctl --failed --no-pager >&2 || true
        die "machine '$name' booted with failed units; see $(machine_log "$name")"
    }
}

# Brings the machine to where a user starts caddy.socket and caddy.service.
machine_provision() {
    local name=$1 build=$2
    say "setting machine '$name' up: our build, user test, whoami, the static site"
    machine_exec "$name" root cmake --install "$build" >"$CACHE/machines/$name.install" ||
        die "cmake --install failed in machine '$name'; see $CACHE/machines/$name.install"
    machine_exec "$name" root "$MACHINE_SCRIPTS/inside/walkthrough.sh" || die "the set-up of machine '$name' failed"
}

machine_down() {
    end_cgroup "$(machine_id "$1")"
}
