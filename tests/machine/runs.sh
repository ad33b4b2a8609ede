# shellcheck shell=bash
# The commands that use a machine from beginning to end. Sourced.

# A machine that goes when ./dev ends, however it ends (but by SIGKILL, after which the next run ends it).
fresh_machine() {
    local release=$1 name=$2 preset=$3
    build "$release" "$preset"
    # Before the traps: the machine of another ./dev must not go with this one.
    lock_machine "$name"
    TAKE_DOWN=$name
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    trap 'trap "" INT TERM HUP; machine_down "$TAKE_DOWN"' EXIT
    machine_boot "$name" "$release"
}

leave_up() {
    trap - EXIT
    say "machine '$1' $2: ./dev shell --name $1, ./dev down --name $1"
}

run_up() {
    local release=$1 name=$2 preset=$3
    fresh_machine "$release" "$name" "$preset"
    (machine_provision "$name" "$(build_dir "$release" "$preset")") || {
        leave_up "$name" 'is left up for a look'
        exit 1
    }
    leave_up "$name" 'is up'
}

run_down() {
    local name=$1 all=$2 id
    if [[ $all == yes ]]; then
        while read -r id; do
            end_cgroup "$id"
            say "${id#"$PROJECT_ID-"} is down"
        done < <(cgroup_ids)
        return
    fi
    cgroup_alive "$(machine_id "$name")" || say "machine '$name' is not up"
    machine_down "$name"
}

# `script` gives the shell a terminal of the machine's own, else there is no job control.
run_shell() {
    local name=$1 user=$2
    [[ -t 0 ]] || die "shell needs a terminal; ./dev exec runs a command without one"
    machine_enter "$name" "$user" script --quiet --return --command 'bash -l' /dev/null
}

run_tests() {
    local release=$1 name=$2 preset=$3 dir labels=() status=0 started=$SECONDS
    shift 3
    dir=$(build_dir "$release" "$preset")
    if (($#)); then labels=(--label-regex "^($(IFS='|' && printf %s "$*"))\$"); fi
    fresh_machine "$release" "$name" "$preset"
    machine_provision "$name" "$dir"
    say "testing in machine '$name': ${*:-all labels}"
    # The source is read-only in the machine: Python must not try to leave caches there.
    machine_exec "$name" root env PYTHONDONTWRITEBYTECODE=1 PYTEST_ADDOPTS='-p no:cacheprovider' \
        ctest --test-dir "$dir" --output-on-failure --no-tests=error "${labels[@]}" </dev/null || status=$?
    if ((status)); then
        keep_journal "$name"
        die "the tests failed on $release (ctest exit status $status)"
    fi
    say "all tests passed on $release in $((SECONDS - started)) s"
}

# What a failed run shows: the end of the service's journal here, the whole journal in a file.
keep_journal() {
    local name=$1 file=$CACHE/machines/$1.journal
    say "the end of caddy.service's journal (the whole journal: $file)"
    machine_exec "$name" root journalctl --no-pager --unit=caddy.service --lines=60 || true
    machine_exec "$name" root journalctl --no-pager --output=short-precise >"$file" || true
}

run_demo() {
    local release=$1 name=$2 preset=$3 keep=$4 status=0
    fresh_machine "$release" "$name" "$preset"
    machine_provision "$name" "$(build_dir "$release" "$preset")"
    if [[ -t 1 ]]; then set -- --colour; else set --; fi
    machine_exec "$name" root "$MACHINE_SCRIPTS/demo.sh" "$@" </dev/null || status=$?
    if [[ $keep == yes ]]; then leave_up "$name" 'stays up'; fi
    exit "$status"
}
