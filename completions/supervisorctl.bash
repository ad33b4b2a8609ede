# bash completion for supervisorctl(1)
# shellcheck shell=bash

_supervisorctl_names() {
    local path
    for path in /run/rootless-supervisor/*/control /etc/rootless-supervisor/*.toml; do
        [[ -e $path ]] || continue
        path=${path%/control}
        path=${path##*/}
        printf '%s\n' "${path%.toml}"
    done
}

_supervisorctl() {
    local verbs='status monitor restart reload stop start explain logs config metrics'
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb='' options='' word i
    COMPREPLY=()

    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        [[ " $verbs " == *" $word "* && ${COMP_WORDS[i - 1]} != @(-H|--host) ]] && verb=$word && break
    done
    # "=" is a word of its own in COMP_WORDS.
    if [[ $previous == --json || ($previous == '=' && ${COMP_WORDS[COMP_CWORD - 2]} == --json) ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'pretty short off' -- "$current")
        return
    fi
    if [[ $current == '=' && $previous == --json ]]; then
        COMPREPLY=(pretty short off)
        return
    fi
    case $previous in
        -H | --host)
            mapfile -t COMPREPLY < <(compgen -A hostname -- "$current")
            return
            ;;
        -n | --lines) return ;;
    esac
    if [[ $current == -* ]]; then
        options='-h --help -H --host'
        case $verb in
            '') options+=' --version -w --watch --json' ;;
            status) options+=' -w --watch --json' ;;
            monitor | explain | config | metrics) options+=' --json' ;;
            logs) options+=' -f --follow -n --lines' ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    elif [[ -z $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(_supervisorctl_names)" -- "$current")
    fi
}

complete -F _supervisorctl supervisorctl rootless-supervisorctl
