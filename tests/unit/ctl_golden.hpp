// Screens of supervisorctl as committed text files: tests/unit/golden/ctl. The statuses beside them are
// answers of the interface as JSON.
//
// RS_UPDATE_GOLDEN=DIRECTORY in the environment of the tests writes the screens as they are now to there,
// from where they are copied and looked at in the diff. (The sources are read-only where the tests run.)
#pragma once

#include <string>

#include "supervisor/ctl/status.hpp"

namespace rs::ctl::golden {

// The moment at which all screens are taken: 2026-11-22 21:10:00 UTC.
inline constexpr Time kNow{Micros{1'795'381'800'000'000}};

// The text of a file of that folder; "" if there is none.
std::string read(const std::string& file);

// An answer to GetStatus, which must be one: a test that cannot read its own input fails.
Status status(const std::string& name);

// Compares the text with the file and fails with both if they differ; or writes it, see above.
void expect(const std::string& file, const std::string& text);

}  // namespace rs::ctl::golden
