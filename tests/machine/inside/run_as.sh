#!/usr/bin/env bash
# run_as.sh USER COMMAND… runs COMMAND in the machine as a login of USER would: home, runtime directory, clean
# environment. Without PAM or a session of its own, so that nothing comes between stdin, stdout and the exit status.
set -euo pipefail

user=$1
shift
# Not read < <(…): COMMAND would inherit that child and could wait for it instead of its own.
entry=$(getent passwd "$user") || {
    printf '%s\n' "run_as.sh: the machine has no user '$user'" >&2
    exit 1
}
IFS=: read -r _ _ uid gid _ home shell <<<"$entry"
environment=(
    HOME="$home" USER="$user" LOGNAME="$user" SHELL="$shell"
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    LANG=C.UTF-8 TERM="${TERM:-dumb}"
    XDG_RUNTIME_DIR="/run/user/$uid" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus"
)
if ((uid == 0)); then
    # root has no user manager here
    unset 'environment[-1]' 'environment[-1]'
fi
cd "$home"
exec setpriv --reuid="$uid" --regid="$gid" --init-groups env -i "${environment[@]}" "$@"
