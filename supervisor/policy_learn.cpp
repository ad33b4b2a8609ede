#include "supervisor/policy_learn.hpp"

#include <systemd/sd-varlink.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <format>
#include <memory>
#include <string_view>

#include "supervisor/base/error.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/base/log.hpp"
#include "supervisor/config/duration.hpp"
#include "supervisor/control/interface.h"
#include "supervisor/control/json.hpp"
#include "supervisor/control/server.hpp"

namespace rs {
namespace {

// As the service takes it.
constexpr std::chrono::seconds kShortest{1};
constexpr std::chrono::hours kLongest{1};

struct Unref {
    void operator()(sd_varlink* link) const { sd_varlink_unref(link); }
};
using Link = std::unique_ptr<sd_varlink, Unref>;

std::string text_of(sd_json_variant* object, const char* key) {
    sd_json_variant* value = sd_json_variant_by_key(object, key);
    return value != nullptr && sd_json_variant_is_string(value) != 0 ? sd_json_variant_string(value) : "";
}

Result<Link> connect(const std::string& name) {
    if (name.contains('/')) return fail(std::format("'{}' is no name of a proxy", name));
    const std::string path = std::format("/run/rootless-supervisor/{}/control", name);
    sd_varlink* made = nullptr;
    if (const int r = sd_varlink_connect_address(&made, path.c_str()); r < 0) {
        return fail_errno(std::format("cannot reach the service of proxy {} at '{}'", name, path), -r);
    }
    return Link{made};
}

int refuse(const std::string& name, const std::string& error, sd_json_variant* reply) {
    std::string why = text_of(reply, "reason");
    ExitStatus status = ExitStatus::unavailable;
    if (error == control::kAlreadyLearning) why = "it is being observed already; try again later";
    if (error == control::kStopping) why = "the service is stopping";
    if (error == SD_VARLINK_ERROR_PERMISSION_DENIED) {
        why = "only root and the user that the service runs as may ask for that";
        status = ExitStatus::failure;
    }
    spdlog::error("cannot learn from proxy {}: {}", name, why.empty() ? error : why);
    return to_int(status);
}

void tell(sd_json_variant* refused) {
    const std::size_t count = refused != nullptr ? sd_json_variant_elements(refused) : 0;
    if (count == 0) return spdlog::info("the present profile refuses nothing of what it did");
    spdlog::warn("the present profile refuses {} of what it did:", count);
    for (std::size_t i = 0; i < count; ++i)
        spdlog::warn("  {}", sd_json_variant_string(sd_json_variant_by_index(refused, i)));
}

}  // namespace

int learn_policy(const std::string& name, const std::string& span_text) {
    const auto span = parse_duration(span_text);
    if (!span || *span < kShortest || *span > kLongest) {
        spdlog::error("--for '{}': {}", span_text,
                      span ? "a second to an hour makes sense" : span.error().message);
        return to_int(ExitStatus::usage);
    }
    const auto link = connect(name);
    if (!link) {
        spdlog::error("{}", link.error().message);
        return to_int(ExitStatus::unavailable);
    }
    const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(*span).count();
    const auto parameters = control::Json::object({{"forUSec", control::Json::of(std::int64_t{usec})}});
    spdlog::info("observing proxy {} for {} s; an interrupt ends that", name,
                 std::chrono::duration_cast<std::chrono::seconds>(*span).count());
    sd_json_variant* reply = nullptr;
    const char* error = nullptr;
    // The answer takes as long as the observation and two starts of the proxy.
    sd_varlink_set_relative_timeout(link->get(), UINT64_MAX);
    const int r = sd_varlink_call(link->get(), RS_INTERFACE ".Learn", parameters.get(), &reply, &error);
    if (r < 0) {
        spdlog::error("the service of proxy {} has gone: {}", name, reason_of(-r));
        return to_int(ExitStatus::unavailable);
    }
    if (error != nullptr) return refuse(name, error, reply);
    std::fputs(text_of(reply, "profile").c_str(), stdout);
    tell(sd_json_variant_by_key(reply, "refused"));
    return to_int(ExitStatus::ok);
}

}  // namespace rs
