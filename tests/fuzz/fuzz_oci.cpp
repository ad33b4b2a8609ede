#include "policy/oci.hpp"
#include "policy/resolve.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rs;
    for (const policy::Capabilities kept : {policy::Capabilities{0}, ~policy::Capabilities{0}}) {
        const auto syscalls = policy::parse_oci(fuzz::text_of(data, size), "fuzz.json", kept);
        if (!syscalls) {
            fuzz::require_one_line(syscalls.error().text());
            continue;
        }
        fuzz::require(!policy::is_allowed(syscalls->otherwise), "a profile refuses by default");
        const auto resolved = policy::resolve(*syscalls);
        if (!resolved) fuzz::require_one_line(resolved.error().message);
    }
    return 0;
}
