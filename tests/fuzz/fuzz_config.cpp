#include "supervisor/config/describe.hpp"
#include "supervisor/config/parse.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto config = rs::parse_config(rs::fuzz::text_of(data, size), "fuzz.toml");
    if (!config) {
        rs::fuzz::require_one_line(config.error().text());
        return 0;
    }
    rs::fuzz::require(!config->proxy.command.empty(), "a configuration has a command");
    rs::fuzz::require(rs::difference(*config, *config).empty(), "a configuration is like itself");
    return 0;
}
