// Every type, field, method and error has its comment: `varlinkctl introspect` is read by people.
// Times are microseconds since the Epoch (CLOCK_REALTIME). A field with `?` is null or absent where there is nothing
// to say.
#include "supervisor/control/interface.h"

#define COMMENT(text) SD_VARLINK_FIELD_COMMENT(text)
#define FIELD(name, type) SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_##type, 0)
#define OPTIONAL(name, type) SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_##type, SD_VARLINK_NULLABLE)
#define LIST(name, type) SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_##type, SD_VARLINK_ARRAY)
#define OF_TYPE(name, type) SD_VARLINK_DEFINE_FIELD_BY_TYPE(name, type, 0)
#define OPTIONAL_OF(name, type) SD_VARLINK_DEFINE_FIELD_BY_TYPE(name, type, SD_VARLINK_NULLABLE)
#define LIST_OF(name, type) SD_VARLINK_DEFINE_FIELD_BY_TYPE(name, type, SD_VARLINK_ARRAY)
#define VALUE(name) SD_VARLINK_DEFINE_ENUM_VALUE(name)

static SD_VARLINK_DEFINE_ENUM_TYPE(
    State,
    COMMENT("Nothing runs; something of Podman's is missing, see waitingFor"), VALUE(waiting),
    COMMENT("A proxy was launched and is not ready yet; no other serves"), VALUE(starting),
    COMMENT("A proxy serves"), VALUE(running),
    COMMENT("A proxy serves while its successor starts"), VALUE(replacing),
    COMMENT("The proxy ended by itself and is launched again after a pause, which ends at untilUSec"), VALUE(backoff),
    COMMENT("Every proxy was asked to stop; the service ends when the last is gone"), VALUE(stopping),
    COMMENT("The proxy was stopped by Stop(); the service runs on, and new connections queue up in the sockets"),
    VALUE(held),
    COMMENT("The service ends as requested"), VALUE(stopped),
    COMMENT("The service has given up and ends with an error"), VALUE(failed));

static SD_VARLINK_DEFINE_ENUM_TYPE(
    Role,
    COMMENT("Clients are served by this one"), VALUE(serving),
    COMMENT("Launched and not ready yet"), VALUE(starting),
    COMMENT("Asked to stop; finishes what it has begun"), VALUE(draining));

static SD_VARLINK_DEFINE_ENUM_TYPE(
    Cause,
    COMMENT("There was none yet"), VALUE(start),
    COMMENT("The one before it ended by itself"), VALUE(crash),
    COMMENT("Podman's network was recreated"), VALUE(network),
    COMMENT("The one before it was unhealthy"), VALUE(unhealthy),
    COMMENT("Restart(), Start(), or connections that wait where no proxy accepts them"), VALUE(request),
    COMMENT("A reload that a signal to the proxy was not enough for"), VALUE(reload));

static SD_VARLINK_DEFINE_ENUM_TYPE(
    Protocol,
    COMMENT("TCP, or a stream socket of the file system"), VALUE(stream),
    COMMENT("UDP, or a datagram socket of the file system"), VALUE(datagram),
    COMMENT("A sequential packet socket of the file system"), VALUE(seqpacket));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Item,
    COMMENT("What is waited for: 'unit whoami.service', 'pause process', 'network namespace', 'name server'"),
    FIELD(what, STRING),
    COMMENT("Whether it is there"), FIELD(met, BOOL),
    COMMENT("The evidence that it is, or the reason why not; null where it was not looked at yet"),
    OPTIONAL(detail, STRING));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Proxy,
    COMMENT("What it is for at present"), OF_TYPE(role, Role),
    COMMENT("Its process, in the supervisor's pid namespace"), FIELD(pid, INT),
    COMMENT("When it was launched"), FIELD(startedUSec, INT),
    COMMENT("When it took over; null while it starts, and when it never did"), OPTIONAL(readyUSec, INT),
    COMMENT("Why it was launched"), OF_TYPE(cause, Cause),
    COMMENT("The network namespace it was started in, as in /proc/PID/ns: 'net:[4026532312]'"),
    FIELD(networkNamespace, STRING),
    COMMENT("What it says of itself (STATUS= of sd_notify(3))"), OPTIONAL(statusText, STRING),
    COMMENT("What the health checks say; null without any, and before the first has succeeded"),
    OPTIONAL(healthy, BOOL));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Socket,
    COMMENT("The descriptor's number in the proxy: fd/3 and fdgram/5 in a Caddyfile"), FIELD(fd, INT),
    COMMENT("FileDescriptorName= of the socket unit"), FIELD(name, STRING),
    OF_TYPE(protocol, Protocol),
    COMMENT("'[::]:443', '/srv/caddy/socket/caddy.sock', '@abstract', 'unknown'"), FIELD(address, STRING),
    COMMENT("Connections that no proxy has accepted yet; null where the kernel does not tell (all but TCP)"),
    OPTIONAL(queue, INT),
    COMMENT("How many may wait; null as for the queue"), OPTIONAL(backlog, INT));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Namespaces,
    COMMENT("The pause process of the user's rootless Podman"), FIELD(pausePid, INT),
    COMMENT("Podman's user namespace: 'user:[4026532310]'"), FIELD(user, STRING),
    COMMENT("The network namespace of all bridge networks: 'net:[4026532312]'"), FIELD(network, STRING));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Names,
    COMMENT("The address of the name server that the proxy asks"), FIELD(address, STRING),
    COMMENT("The Podman network whose containers it knows"), FIELD(network, STRING),
    COMMENT("Networks whose container names do not resolve"), LIST(others, STRING));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Health,
    COMMENT("What is probed: 'http http://localhost/', 'tcp 127.0.0.1:80', 'command /usr/bin/true'"),
    FIELD(probe, STRING),
    COMMENT("What the probes of the serving proxy add up to; null before the first success, and when none serves"),
    OPTIONAL(healthy, BOOL),
    COMMENT("Failed probes in a row, as far as they count"), FIELD(failures, INT),
    COMMENT("So many make a proxy unhealthy"), FIELD(retries, INT),
    COMMENT("Why the last failed probe failed"), OPTIONAL(lastText, STRING));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Watchdog,
    COMMENT("WatchdogSec= of the unit, in microseconds; null: off"), OPTIONAL(systemdUSec, INT),
    COMMENT("proxy.watchdog of the configuration, in microseconds; null: off"), OPTIONAL(proxyUSec, INT),
    COMMENT("When the serving proxy last sent WATCHDOG=1; null: not yet"), OPTIONAL(lastPingUSec, INT));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Policy,
    COMMENT("The name of the profile"), FIELD(profile, STRING),
    COMMENT("As the kernel has it (NoNewPrivs of proc_pid_status(5))"), FIELD(noNewPrivileges, BOOL),
    COMMENT("What the proxy may use, as the kernel has it (CapEff): 'cap_net_raw'; empty is as it should be"),
    LIST(capabilities, STRING),
    COMMENT("As the kernel has it (Seccomp_filters): those of the unit and ours"), FIELD(seccompFilters, INT),
    COMMENT("Whether it was launched with Landlock rules; the kernel does not tell"), FIELD(landlock, BOOL),
    COMMENT("System calls that it was refused so far, and the supervisor was told of"), FIELD(refused, INT));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Launches,
    FIELD(start, INT), FIELD(crash, INT), FIELD(network, INT), FIELD(unhealthy, INT), FIELD(request, INT),
    FIELD(reload, INT));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Event,
    FIELD(timeUSec, INT),
    COMMENT("The state after it"), OF_TYPE(state, State),
    COMMENT("Whether it is one to worry about"), FIELD(warning, BOOL),
    COMMENT("One line, as in the journal"), FIELD(text, STRING));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Status,
    COMMENT("The name of the instance: 'caddy'"), FIELD(name, STRING),
    COMMENT("Of the program that runs"), FIELD(version, STRING),
    OF_TYPE(state, State),
    COMMENT("When the state began"), FIELD(sinceUSec, INT),
    COMMENT("When it will end at the latest: the wait gives up, the pause is over; null: no limit"),
    OPTIONAL(untilUSec, INT),
    COMMENT("What led to the state"), OPTIONAL(why, STRING),
    COMMENT("The line that systemctl status shows"), FIELD(statusText, STRING),
    COMMENT("The main process of the unit"), FIELD(supervisorPid, INT),
    COMMENT("When the supervisor was started"), FIELD(startedUSec, INT),
    COMMENT("The user that it runs as and whose Podman it follows"), FIELD(user, STRING),
    FIELD(configFile, STRING),
    COMMENT("When the configuration that holds was read"), FIELD(configLoadedUSec, INT),
    COMMENT("Whether the file is another one since, or cannot be read any more"), FIELD(configChanged, BOOL),
    COMMENT("In state waiting everything that a launch needs, met or not; else empty"), LIST_OF(waitingFor, Item),
    COMMENT("All that live, the serving one first"), LIST_OF(proxies, Proxy),
    COMMENT("Launches by cause since the supervisor was started"), OF_TYPE(launches, Launches),
    COMMENT("Failures in a row"), FIELD(failures, INT),
    COMMENT("After more than so many the service fails"), FIELD(restartLimit, INT),
    COMMENT("Podman's at present; null: missing"), OPTIONAL_OF(namespaces, Namespaces),
    COMMENT("Null: the host's names, or the network is missing"), OPTIONAL_OF(names, Names),
    COMMENT("Passed by systemd and on to each proxy"), LIST_OF(sockets, Socket),
    COMMENT("Null: no health checks are configured"), OPTIONAL_OF(health, Health),
    OF_TYPE(watchdog, Watchdog),
    COMMENT("What binds the serving proxy, else the starting one; null without either"), OPTIONAL_OF(policy, Policy),
    COMMENT("The latest, oldest first; at most 20"), LIST_OF(events, Event));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
    Check,
    COMMENT("What should be so"), FIELD(what, STRING),
    COMMENT("Whether it is; null: it cannot be told, or does not matter"), OPTIONAL(passed, BOOL),
    COMMENT("What was seen"), FIELD(evidence, STRING),
    COMMENT("What would put it right"), OPTIONAL(remedy, STRING));

#define OUT(name, type) SD_VARLINK_DEFINE_OUTPUT(name, SD_VARLINK_##type, 0)

static SD_VARLINK_DEFINE_METHOD(GetStatus, SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(status, Status, 0));

static SD_VARLINK_DEFINE_METHOD_FULL(
    Monitor, SD_VARLINK_REQUIRES_MORE,
    COMMENT("Null in the first reply"), SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(event, Event, SD_VARLINK_NULLABLE),
    COMMENT("In the first reply, and with each change of state"),
    SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(status, Status, SD_VARLINK_NULLABLE));

static SD_VARLINK_DEFINE_METHOD(Restart);
static SD_VARLINK_DEFINE_METHOD(Reload);
static SD_VARLINK_DEFINE_METHOD(Stop);
static SD_VARLINK_DEFINE_METHOD(Start);

static SD_VARLINK_DEFINE_METHOD(
    GetConfig,
    COMMENT("Where it was read"), OUT(file, STRING),
    COMMENT("TOML, every key with the value that holds; a key that is not set is commented out"), OUT(config, STRING),
    COMMENT("When it was read"), OUT(loadedUSec, INT),
    COMMENT("As configChanged of the status"), OUT(changedOnDisk, BOOL));

static SD_VARLINK_DEFINE_METHOD(Explain, SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(checks, Check, SD_VARLINK_ARRAY));

static SD_VARLINK_DEFINE_METHOD(
    GetMetrics,
    COMMENT("OpenMetrics 1.0 text, ending in '# EOF'"), OUT(metrics, STRING));

static SD_VARLINK_DEFINE_METHOD(
    Learn,
    COMMENT("For how long, in microseconds: a second to an hour"),
    SD_VARLINK_DEFINE_INPUT(forUSec, SD_VARLINK_INT, 0),
    COMMENT("A policy profile as TOML: what the proxy used, and what every proxy needs"), OUT(profile, STRING),
    COMMENT("System calls that the present profile refuses and that the proxy made: 'msgget', 'ioctl (request 0x5413)'"),
    SD_VARLINK_DEFINE_OUTPUT(refused, SD_VARLINK_STRING, SD_VARLINK_ARRAY));

static SD_VARLINK_DEFINE_ERROR(ProxyFailed, FIELD(reason, STRING));
static SD_VARLINK_DEFINE_ERROR(ReloadFailed, FIELD(reason, STRING));
static SD_VARLINK_DEFINE_ERROR(Superseded, FIELD(reason, STRING));
static SD_VARLINK_DEFINE_ERROR(NotStopped);
static SD_VARLINK_DEFINE_ERROR(Stopping);
static SD_VARLINK_DEFINE_ERROR(AlreadyLearning);

#define SAYS(text) SD_VARLINK_SYMBOL_COMMENT(text)

static SD_VARLINK_DEFINE_INTERFACE(
    supervisor, RS_INTERFACE,
    SD_VARLINK_INTERFACE_COMMENT(
        "One rootless-supervisor and its proxy. Everybody whom the socket's mode admits may ask; Restart, Reload, Stop, "
        "Start and Learn are for root and the service's own user, and never for processes of the service or of Podman's "
        "user namespace: they get org.varlink.service.PermissionDenied. All times are microseconds since the Epoch."),
    SAYS("What the supervisor and its proxies do"), &vl_type_State,
    SAYS("What a proxy is for"), &vl_type_Role,
    SAYS("Why a proxy was launched"), &vl_type_Cause,
    SAYS("The type of a socket"), &vl_type_Protocol,
    SAYS("One of the things that a launch needs"), &vl_type_Item,
    SAYS("A process of the proxy"), &vl_type_Proxy,
    SAYS("A listening socket of the socket units"), &vl_type_Socket,
    SAYS("Where Podman's containers are"), &vl_type_Namespaces,
    SAYS("Who resolves container names"), &vl_type_Names,
    SAYS("The health checks"), &vl_type_Health,
    SAYS("Who watches whom"), &vl_type_Watchdog,
    SAYS("What binds the proxy, read from the live process as far as the kernel tells"), &vl_type_Policy,
    SAYS("Launches by cause"), &vl_type_Launches,
    SAYS("Something that happened"), &vl_type_Event,
    SAYS("Everything at a glance"), &vl_type_Status,
    SAYS("A precondition, and whether it holds"), &vl_type_Check,
    SAYS("How it is"), &vl_method_GetStatus,
    SAYS("How it is, and then each event as it happens, until the client goes. A client that does not read is "
         "disconnected"),
    &vl_method_Monitor,
    SAYS("Replaces the proxy: a successor starts while it serves on. Answers when the successor serves; joins one that "
         "is starting already. Undoes Stop(). Errors: ProxyFailed, Superseded (by Stop), Stopping"),
    &vl_method_Restart,
    SAYS("Reads the configuration anew and passes it on to the proxy, like systemctl reload. Answers when the proxy "
         "serves with it. Errors: ReloadFailed, Superseded (by Stop), Stopping"),
    &vl_method_Reload,
    SAYS("Stops the proxy; the service goes on and its sockets stay open. Answers when the last proxy is gone. Errors: "
         "Superseded (by Start or Restart), Stopping"),
    &vl_method_Stop,
    SAYS("Undoes Stop(). Answers when the proxy serves. Errors: NotStopped, ProxyFailed, Superseded (by Stop), "
         "Stopping"),
    &vl_method_Start,
    SAYS("The configuration that holds"), &vl_method_GetConfig,
    SAYS("Goes through what the proxy needs, as far as the supervisor itself can see it"), &vl_method_Explain,
    SAYS("For monitoring"), &vl_method_GetMetrics,
    SAYS("Replaces the proxy by one that is observed, for the given time, and then by a usual one. Answers after that. "
         "Ends early when the client goes. Errors: ProxyFailed, AlreadyLearning, Stopping"),
    &vl_method_Learn,
    SAYS("The proxy does not serve, and why; what happens next stands in the status"), &vl_error_ProxyFailed,
    SAYS("The configuration is wrong or the proxy did not take it; what held before holds on"), &vl_error_ReloadFailed,
    SAYS("A later request made this one void"), &vl_error_Superseded,
    SAYS("Start() without a Stop() before it"), &vl_error_NotStopped,
    SAYS("The service is about to end"), &vl_error_Stopping,
    SAYS("One at a time"), &vl_error_AlreadyLearning);

const sd_varlink_interface* rs_control_interface(void) {
    return &vl_interface_supervisor;
}
