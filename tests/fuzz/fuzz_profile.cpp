#include "policy/flatten.hpp"
#include "policy/profile.hpp"
#include "policy/resolve.hpp"
#include "tests/fuzz/fuzz.hpp"

// No file of the machine's: only shipped profiles can be included.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rs;
    auto profile = policy::parse_profile(fuzz::text_of(data, size), "fuzz.toml");
    if (!profile) {
        fuzz::require_one_line(profile.error().text());
        return 0;
    }
    profile->name = "fuzz";
    const auto flat = policy::flatten(policy::Library{"/nonexistent"}, *profile);
    if (!flat) {
        fuzz::require_one_line(flat.error().message);
        return 0;
    }
    fuzz::require(!policy::is_allowed(flat->syscalls.otherwise), "a profile refuses by default");
    const auto resolved = policy::resolve(flat->syscalls);
    if (!resolved) fuzz::require_one_line(resolved.error().message);
    return 0;
}
