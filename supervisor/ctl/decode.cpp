#include "supervisor/ctl/decode.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "supervisor/ctl/fields.hpp"

namespace rs::ctl {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 10> kStates{{{State::waiting, "waiting"},
                                                                      {State::starting, "starting"},
                                                                      {State::running, "running"},
                                                                      {State::replacing, "replacing"},
                                                                      {State::backoff, "backoff"},
                                                                      {State::stopping, "stopping"},
                                                                      {State::held, "held"},
                                                                      {State::stopped, "stopped"},
                                                                      {State::failed, "failed"},
                                                                      {State::unknown, "unknown"}}};

template <class T, std::size_t N>
int dispatch(sd_json_variant* value, const std::array<sd_json_dispatch_field, N>& fields, T& into) {
    return sd_json_dispatch(value, fields.data(), SD_JSON_ALLOW_EXTENSIONS, &into);
}

// The whole of an answer's parameters; the error names the member that is wrong.
template <class T, std::size_t N>
Result<T> decode_answer(sd_json_variant* parameters, const std::array<sd_json_dispatch_field, N>& fields) {
    T answer;
    const char* bad = nullptr;
    const int r =
        sd_json_dispatch_full(parameters, fields.data(), nullptr, SD_JSON_ALLOW_EXTENSIONS, &answer, &bad);
    if (r >= 0) return answer;
    const std::string where = bad != nullptr ? std::format(" ('{}')", bad) : std::string{};
    return fail_errno(std::format("the answer is not of interface io.rootless.Supervisor{}", where), -r);
}

}  // namespace

std::string_view name_of(State state) {
    return std::ranges::find(kStates, state, &decltype(kStates)::value_type::first)->second;
}

State state_of(std::string_view name) {
    const auto* found = std::ranges::find(kStates, name, &decltype(kStates)::value_type::second);
    return found != kStates.end() ? found->first : State::unknown;
}

// static and not in the unnamed namespace: the templates of fields.hpp find them by their arguments'
// namespace.
// NOLINTBEGIN(misc-use-anonymous-namespace)

static int decode(sd_json_variant* value, State& state) {
    std::string name;
    const int r = decode(value, name);
    state = state_of(name);
    return r;
}

static int decode(sd_json_variant* value, Item& item) {
    static constexpr std::array kFields{field<&Item::what>("what"), field<&Item::met>("met"),
                                        optional_field<&Item::detail>("detail"), kEndOfFields};
    return dispatch(value, kFields, item);
}

static int decode(sd_json_variant* value, Proxy& proxy) {
    static constexpr std::array kFields{field<&Proxy::role>("role"),
                                        field<&Proxy::pid>("pid"),
                                        field<&Proxy::started>("startedUSec"),
                                        optional_field<&Proxy::ready>("readyUSec"),
                                        field<&Proxy::cause>("cause"),
                                        field<&Proxy::network_namespace>("networkNamespace"),
                                        optional_field<&Proxy::status_text>("statusText"),
                                        optional_field<&Proxy::healthy>("healthy"),
                                        kEndOfFields};
    return dispatch(value, kFields, proxy);
}

static int decode(sd_json_variant* value, Socket& socket) {
    static constexpr std::array kFields{field<&Socket::fd>("fd"),
                                        field<&Socket::name>("name"),
                                        field<&Socket::protocol>("protocol"),
                                        field<&Socket::address>("address"),
                                        optional_field<&Socket::queue>("queue"),
                                        optional_field<&Socket::backlog>("backlog"),
                                        kEndOfFields};
    return dispatch(value, kFields, socket);
}

static int decode(sd_json_variant* value, Namespaces& namespaces) {
    static constexpr std::array kFields{field<&Namespaces::pause_pid>("pausePid"),
                                        field<&Namespaces::user>("user"),
                                        field<&Namespaces::network>("network"), kEndOfFields};
    return dispatch(value, kFields, namespaces);
}

static int decode(sd_json_variant* value, Names& names) {
    static constexpr std::array kFields{field<&Names::address>("address"), field<&Names::network>("network"),
                                        optional_field<&Names::others>("others"), kEndOfFields};
    return dispatch(value, kFields, names);
}

static int decode(sd_json_variant* value, Health& health) {
    static constexpr std::array kFields{field<&Health::probe>("probe"),
                                        optional_field<&Health::healthy>("healthy"),
                                        field<&Health::failures>("failures"),
                                        field<&Health::retries>("retries"),
                                        optional_field<&Health::last_text>("lastText"),
                                        kEndOfFields};
    return dispatch(value, kFields, health);
}

static int decode(sd_json_variant* value, Watchdog& watchdog) {
    static constexpr std::array kFields{optional_field<&Watchdog::systemd>("systemdUSec"),
                                        optional_field<&Watchdog::proxy>("proxyUSec"),
                                        optional_field<&Watchdog::last_ping>("lastPingUSec"), kEndOfFields};
    return dispatch(value, kFields, watchdog);
}

static int decode(sd_json_variant* value, Policy& policy) {
    static constexpr std::array kFields{
        field<&Policy::profile>("profile"),           field<&Policy::no_new_privileges>("noNewPrivileges"),
        field<&Policy::capabilities>("capabilities"), field<&Policy::seccomp_filters>("seccompFilters"),
        field<&Policy::landlock>("landlock"),         kEndOfFields};
    return dispatch(value, kFields, policy);
}

static int decode(sd_json_variant* value, Launches& launches) {
    static constexpr std::array kFields{field<&Launches::start>("start"),
                                        field<&Launches::crash>("crash"),
                                        field<&Launches::network>("network"),
                                        field<&Launches::unhealthy>("unhealthy"),
                                        field<&Launches::request>("request"),
                                        field<&Launches::reload>("reload"),
                                        kEndOfFields};
    return dispatch(value, kFields, launches);
}

static int decode(sd_json_variant* value, Event& event) {
    static constexpr std::array kFields{field<&Event::time>("timeUSec"), field<&Event::state>("state"),
                                        field<&Event::warning>("warning"), field<&Event::text>("text"),
                                        kEndOfFields};
    return dispatch(value, kFields, event);
}

static int decode(sd_json_variant* value, Status& status) {
    static constexpr std::array kFields{field<&Status::name>("name"),
                                        field<&Status::version>("version"),
                                        field<&Status::state>("state"),
                                        field<&Status::since>("sinceUSec"),
                                        optional_field<&Status::until>("untilUSec"),
                                        optional_field<&Status::why>("why"),
                                        field<&Status::status_text>("statusText"),
                                        field<&Status::supervisor_pid>("supervisorPid"),
                                        field<&Status::started>("startedUSec"),
                                        field<&Status::user>("user"),
                                        field<&Status::config_file>("configFile"),
                                        optional_field<&Status::config_loaded>("configLoadedUSec"),
                                        field<&Status::config_changed>("configChanged"),
                                        field<&Status::waiting_for>("waitingFor"),
                                        field<&Status::proxies>("proxies"),
                                        field<&Status::launches>("launches"),
                                        field<&Status::failures>("failures"),
                                        field<&Status::restart_limit>("restartLimit"),
                                        optional_field<&Status::namespaces>("namespaces"),
                                        optional_field<&Status::names>("names"),
                                        field<&Status::sockets>("sockets"),
                                        optional_field<&Status::health>("health"),
                                        field<&Status::watchdog>("watchdog"),
                                        optional_field<&Status::policy>("policy"),
                                        field<&Status::events>("events"),
                                        kEndOfFields};
    return dispatch(value, kFields, status);
}

static int decode(sd_json_variant* value, Check& check) {
    static constexpr std::array kFields{field<&Check::what>("what"), optional_field<&Check::passed>("passed"),
                                        field<&Check::evidence>("evidence"),
                                        optional_field<&Check::remedy>("remedy"), kEndOfFields};
    return dispatch(value, kFields, check);
}

// NOLINTEND(misc-use-anonymous-namespace)

Result<Status> decode_status(sd_json_variant* parameters) {
    struct Answer {
        Status status;
    };
    static constexpr std::array kFields{field<&Answer::status>("status"), kEndOfFields};
    auto answer = decode_answer<Answer>(parameters, kFields);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->status);
}

Result<std::vector<Check>> decode_checks(sd_json_variant* parameters) {
    struct Answer {
        std::vector<Check> checks;
    };
    static constexpr std::array kFields{field<&Answer::checks>("checks"), kEndOfFields};
    auto answer = decode_answer<Answer>(parameters, kFields);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->checks);
}

Result<ConfigReply> decode_config(sd_json_variant* parameters) {
    static constexpr std::array kFields{field<&ConfigReply::file>("file"),
                                        field<&ConfigReply::config>("config"),
                                        field<&ConfigReply::loaded>("loadedUSec"),
                                        field<&ConfigReply::changed>("changedOnDisk"), kEndOfFields};
    return decode_answer<ConfigReply>(parameters, kFields);
}

Result<std::string> decode_metrics(sd_json_variant* parameters) {
    struct Answer {
        std::string metrics;
    };
    static constexpr std::array kFields{field<&Answer::metrics>("metrics"), kEndOfFields};
    auto answer = decode_answer<Answer>(parameters, kFields);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->metrics);
}

Result<Report> decode_report(sd_json_variant* parameters) {
    static constexpr std::array kFields{optional_field<&Report::event>("event"),
                                        optional_field<&Report::status>("status"), kEndOfFields};
    return decode_answer<Report>(parameters, kFields);
}

std::string reason_in(sd_json_variant* parameters) {
    sd_json_variant* reason = sd_json_variant_by_key(parameters, "reason");
    return sd_json_variant_is_string(reason) != 0 ? sd_json_variant_string(reason) : std::string{};
}

}  // namespace rs::ctl
