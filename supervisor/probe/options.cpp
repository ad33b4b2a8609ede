#include "supervisor/probe/options.hpp"

#include <getopt.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace rs {

namespace {

constexpr const char* kUsage =
    "Usage: rootless-supervisor-probe [--timeout-ms=N] [--expect=STATUS] [--unix-socket=PATH] TARGET\n"
    "TARGET: http://…, https://… or tcp://ADDRESS:PORT\n";

// A whole number of at least 1.
bool read_number(const char* text, int& number) {
    const std::string_view digits{text};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() && number >= 1;
}

bool store(int option, ProbeOptions& options) {
    switch (option) {
        case 't':
            return read_number(optarg, options.timeout_ms);
        case 'e':
            return read_number(optarg, options.expect);
        case 'u':
            options.unix_socket = optarg;
            return true;
        default:
            return false;
    }
}

}  // namespace

std::optional<ProbeOptions> parse_probe_options(int argc, char** argv) {
    static constexpr std::array kLong{
        option{"timeout-ms", required_argument, nullptr, 't'},
        option{"expect", required_argument, nullptr, 'e'},
        option{"unix-socket", required_argument, nullptr, 'u'},
        option{nullptr, 0, nullptr, 0},
    };
    ProbeOptions options;
    bool good = true;
    for (int each = 0; (each = ::getopt_long(argc, argv, "", kLong.data(), nullptr)) != -1;) {
        good = good && store(each, options);
    }
    if (!good || optind != argc - 1) {
        std::fputs(kUsage, stderr);
        return std::nullopt;
    }
    options.target = argv[optind];
    return options;
}

}  // namespace rs
