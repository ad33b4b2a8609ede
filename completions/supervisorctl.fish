# fish completion for supervisorctl(1)

function __supervisorctl_names
    for path in /run/rootless-supervisor/*/control
        path basename (path dirname $path)
    end
    for path in /etc/rootless-supervisor/*.toml
        path change-extension '' (path basename $path)
    end
end

set -l verbs status monitor restart reload stop start explain logs config metrics

for program in supervisorctl rootless-supervisorctl
    complete -c $program -f
    complete -c $program -s h -l help -d 'Print help and exit'
    complete -c $program -l version -d 'Print the version and exit'
    complete -c $program -s H -l host -x -a '(__fish_print_hostnames)' -d 'Ask these hosts, over ssh'

    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a status -d 'Show one service or all'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a monitor -d 'Show what happens, as it happens'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a restart -d 'Replace the proxy'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a reload -d 'Read the configuration anew'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a stop -d 'Stop the proxy; the service stays'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a start -d 'Let a stopped proxy serve again'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a explain -d 'Check every precondition'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a logs -d 'Show the journal'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a config -d 'Print the configuration that holds'
    complete -c $program -n "not __fish_seen_subcommand_from $verbs" -a metrics -d 'Print OpenMetrics text'

    complete -c $program -n "__fish_seen_subcommand_from $verbs" -a '(__supervisorctl_names)'
    set -l without restart reload stop start logs
    complete -c $program -n "not __fish_seen_subcommand_from $without monitor explain config metrics" -s w -l watch -d 'Redraw on changes'
    complete -c $program -n "not __fish_seen_subcommand_from $without" -l json -x \
        -a 'pretty short off' -d 'Print JSON'
    complete -c $program -n '__fish_seen_subcommand_from logs' -s f -l follow -d 'Go on with new lines'
    complete -c $program -n '__fish_seen_subcommand_from logs' -s n -l lines -x -d 'So many lines of the past'
end
