// sd-json (sd-json.h of systemd) with owned values.
#pragma once

#include <systemd/sd-json.h>

#include <memory>
#include <string>

#include "supervisor/base/error.hpp"

namespace rs::ctl {

struct JsonUnref {
    void operator()(sd_json_variant* value) const { sd_json_variant_unref(value); }
};
using Json = std::unique_ptr<sd_json_variant, JsonUnref>;

// Another owner of the same value.
Json shared(sd_json_variant* value);

Result<Json> parse_json(const std::string& text);

// With a newline at its end: on one line, or indented.
std::string to_text(sd_json_variant* value, bool pretty);

}  // namespace rs::ctl
