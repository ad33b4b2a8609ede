// Logging: spdlog onto the journal with fields (systemd.journal-fields(7)), or human lines on a terminal.
//
// Only app, exec and main log; everything below them returns errors.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace rs::log {

// The journal when stderr leads there (JOURNAL_STREAM, systemd.exec(5)), else stderr.
void init();

// A field that every later line carries, e.g. "STATE", "NETNS", "PROXY_PID". An empty value removes it.
void set_field(const std::string& name, const std::string& value);

}  // namespace rs::log
