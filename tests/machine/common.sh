# shellcheck shell=bash
# What every part of ./dev shares: names, messages, locks, waiting. Sourced; PROJECT is set.
# shellcheck disable=SC2034 # used by the other parts

CACHE=$PROJECT/.dev
# Names that all checkouts on the host share (cgroups, machine names) carry this.
PROJECT_ID=rs-$(printf %s "$PROJECT" | sha256sum | cut -c1-8)

[[ $PROJECT != *[:\\]* ]] || {
    printf '%s\n' "./dev: the project's path '$PROJECT' contains ':' or '\\', which systemd-nspawn cannot bind" >&2
    exit 1
}

say() {
    local bold='' plain=''
    if [[ -t 2 ]]; then bold=$'\e[1m' plain=$'\e[0m'; fi
    printf '%s==> %s%s\n' "$bold" "$*" "$plain" >&2
}

die() {
    printf '%s\n' "./dev: $*" >&2
    exit 1
}

# wait_until SECONDS WHAT COMMAND… polls COMMAND; ends ./dev when it has not succeeded in time.
wait_until() {
    local deadline=$((SECONDS + $1)) what=$2
    until "${@:3}"; do
        ((SECONDS < deadline)) || die "waited $1 s in vain for $what"
        sleep 0.05
    done
}

# Waits for the lock FILE and holds it until the calling (sub)shell and the programs it left running have ended.
lock() {
    local file=$1 what=$2 fd
    mkdir -p "${file%/*}"
    exec {fd}>"$file"
    flock --nonblock "$fd" && return
    say "waiting for another ./dev that $what"
    flock "$fd"
}
