// The judgements of `supervisorctl explain`, from facts that others have gathered. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/ctl/configured.hpp"
#include "supervisor/ctl/status.hpp"
#include "supervisor/ctl/units.hpp"

namespace rs::ctl::checks {

Check configuration(const Configured& configured);

// The unit NAME.service: loaded and active.
Check service(const std::string& name, const UnitFacts& unit, const ServiceFacts& service);

// A socket unit that triggers the service; `unit` with its suffix.
Check socket(const std::string& unit, const UnitFacts& facts);

// Settings in the way: each that is, or one that says that none is. `runtime_dir` is the user's.
std::vector<Check> settings(const std::string& name, const ServiceFacts& service,
                            const std::string& runtime_dir);

Check lingering(const std::string& user, bool lingers);

// `subuid` and `subgid` are the texts of /etc/subuid and /etc/subgid (subuid(5)); `elsewhere` says that
// nsswitch.conf(5) has another source of them.
Check subordinate_ids(const std::string& user, unsigned uid, std::string_view subuid, std::string_view subgid,
                      bool elsewhere);

// The first number from 524288 on, in steps of 65536, that no line of the text reaches.
std::uint64_t free_range(std::string_view text);

Check user_manager(const std::string& user, unsigned uid, const UnitFacts& unit);
Check wait_for(const std::string& user, const std::string& unit, const UnitFacts& facts);

// What `caddy version` printed: "v2.9.1 h1:…". Below 2.9 there is no fd/ in a Caddyfile.
Check caddy_version(const std::string& program, std::string_view printed);

// Networks that have a name service, by the names of aardvark-dns's files.
Check name_service(const Configured& configured, const std::vector<std::string>& networks);

// What a status tells, for where the supervisor's own checks cannot be had.
Check sockets_passed(const Status& status, bool has_socket_unit);
Check configuration_taken(const Status& status);

}  // namespace rs::ctl::checks
