# shellcheck shell=bash
# A cgroup of its own for everything ./dev leaves running. It is the only record of what runs: nothing can go stale,
# and ending a machine means killing its cgroup, which cannot hit a process that is not ours. Sourced.

cgroup_mount() {
    findmnt --noheadings --first-only --output TARGET --types cgroup2
}

under_systemd() {
    [[ -d /run/systemd/system ]]
}

# The directory of cgroup ID, whether or not it exists.
cgroup_dir() {
    if under_systemd; then
        printf '%s\n' "$(cgroup_mount)/system.slice/$1.scope"
    else
        printf '%s\n' "$(cgroup_mount)/$1"
    fi
}

# Replaces the calling subshell by COMMAND in cgroup ID. Where systemd runs the cgroups are its own: it is asked.
exec_in_cgroup() {
    local id=$1 dir
    shift
    if under_systemd; then
        exec systemd-run --quiet --scope --collect --unit="$id" --property=Delegate=yes -- "$@"
    fi
    dir=$(cgroup_dir "$id")
    mkdir -p "$dir"
    echo "$BASHPID" >"$dir/cgroup.procs"
    exec "$@"
}

cgroup_alive() {
    grep -qsx 'populated 1' "$(cgroup_dir "$1")/cgroup.events"
}

cgroup_dead() {
    ! cgroup_alive "$1"
}

# Ends everything in cgroup ID at once and removes it.
end_cgroup() {
    local id=$1 dir
    dir=$(cgroup_dir "$id")
    if cgroup_alive "$id"; then
        echo 1 >"$dir/cgroup.kill" || die "cannot kill cgroup $dir"
        wait_until 20 "the processes in $dir to end" cgroup_dead "$id"
    fi
    # systemd removes its scope some time after the last process; until then the name is taken.
    if under_systemd; then systemctl --quiet stop "$id.scope" 2>/dev/null || true; fi
    [[ -d $dir ]] || return 0
    find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || [[ ! -d $dir ]] || die "cannot remove cgroup $dir"
}

# Every cgroup of this checkout, as ids.
cgroup_ids() {
    local dir
    # The pattern is meant to expand; neither it nor a cgroup mount contains a space.
    for dir in $(cgroup_dir "$PROJECT_ID-*"); do
        [[ -d $dir ]] || continue
        dir=${dir##*/}
        printf '%s\n' "${dir%.scope}"
    done
}
