# shellcheck shell=bash
# Containers on the read-only root, and the build in one. Sourced.

build_dir() {
    printf '%s\n' "$CACHE/build/$1/$2"
}

# exec_nspawn ID RELEASE OPTION… replaces the calling subshell by systemd-nspawn on the release's root, in cgroup ID.
# Changes to the root go to memory and are forgotten. The project is there read-only under its own path (norbind:
# without the container's root, which nspawn mounts inside of it).
exec_nspawn() {
    local id=$1 root
    root=$(root_dir "$2")
    shift 2
    mkdir -p "$CACHE/build" "$CACHE/ccache"
    # A private, empty /run: nspawn keeps locks and a directory per machine there, which it leaves behind when killed.
    # shellcheck disable=SC2016 # the inner shell expands it
    exec_in_cgroup "$id" unshare --mount sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh \
        flock --shared --no-fork "$root.in-use" \
        systemd-nspawn --quiet --directory="$root" --volatile=overlay --register=no --keep-unit \
        --link-journal=no --resolv-conf=off --timezone=off --machine="$id" \
        --bind-ro="$PROJECT:$PROJECT:norbind" --bind="$CACHE/build" --bind="$CACHE/ccache" "$@"
}

build() {
    local release=$1 preset=$2
    ensure_host_packages
    ensure_host_kernel
    ensure_root "$release"
    say "building $release/$preset"
    (
        lock "$CACHE/build/$release-$preset.lock" "builds $release/$preset"
        build_locked "$release" "$preset" "$(build_dir "$release" "$preset")"
    )
}

build_locked() {
    local release=$1 preset=$2 dir=$3 id=$PROJECT_ID-build-$1-$2 colour='' status=0
    if [[ -t 1 ]]; then colour=ON; fi
    end_cgroup "$id"
    mkdir -p "$dir"
    # shellcheck disable=SC2016 # the inner shell expands it
    (exec_nspawn "$id" "$release" --as-pid2 --console=pipe --private-network --chdir="$PROJECT" \
        --setenv=CCACHE_DIR="$CACHE/ccache" --setenv=CMAKE_CXX_COMPILER_LAUNCHER=ccache \
        --setenv=CMAKE_COLOR_DIAGNOSTICS="$colour" \
        sh -c 'cmake --log-level=WARNING --preset "$1" -B "$2" -D RS_WERROR="$3" && cmake --build "$2"' \
        sh "$preset" "$dir" "${DEV_WERROR:-OFF}") \
        </dev/null || status=$?
    end_cgroup "$id"
    ((status == 0)) || die "the build of $release/$preset failed"
}
