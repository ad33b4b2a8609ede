#include <algorithm>
#include <array>
#include <format>
#include <limits>
#include <string_view>
#include <utility>

#include "policy/names.hpp"
#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"
#include "supervisor/config/reading.hpp"
#include "supervisor/config/values.hpp"

namespace rs {
namespace {

const toml::node& element_of(const toml::node& array, std::size_t index) {
    return *array.as_array()->get(index);
}

bool is_profile_name(std::string_view text) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !text.empty() && !text.starts_with('.') &&
           text.find_first_not_of(kLetters) == std::string_view::npos;
}

struct NamedMode {
    std::string_view name;
    LandlockMode mode;
};
constexpr std::array kModes{NamedMode{"enforce", LandlockMode::enforce},
                            NamedMode{"best-effort", LandlockMode::best_effort},
                            NamedMode{"off", LandlockMode::off}};

}  // namespace

ValueResult<std::string> read_profile(const KeyInfo& info, const toml::node& node) {
    auto text = read_string(info, node);
    if (!text || is_profile_name(*text)) return text;
    if (text->starts_with('/') && (text->ends_with(".toml") || text->ends_with(".json"))) return text;
    return wrong(node,
                 std::format("'{}' is a profile's name such as {}, or the absolute path of a .toml or .json "
                             "file, not {}",
                             info.key, info.example, in_quotes(*text, '"')));
}

ValueResult<std::vector<std::string>> read_calls(const KeyInfo& info, const toml::node& node) {
    auto words = read_strings(info, node);
    if (!words) return words;
    for (std::size_t i = 0; i < words->size(); ++i) {
        if (auto mistake = policy::mistake_in((*words)[i]))
            return wrong(element_of(node, i), *std::move(mistake));
    }
    return words;
}

ValueResult<std::uint64_t> read_capabilities(const KeyInfo& info, const toml::node& node) {
    const auto words = read_strings(info, node);
    if (!words) return std::unexpected(words.error());
    policy::Capabilities set = 0;
    for (std::size_t i = 0; i < words->size(); ++i) {
        auto capability = policy::capability_of((*words)[i]);
        if (!capability) return wrong(element_of(node, i), std::move(capability.error()));
        set |= *capability;
    }
    return set;
}

ValueResult<LandlockMode> read_landlock(const KeyInfo& info, const toml::node& node) {
    const auto text = read_string(info, node);
    if (!text) return std::unexpected(text.error());
    std::vector<std::string_view> names;
    for (const auto& each : kModes) {
        if (*text == each.name) return each.mode;
        names.push_back(each.name);
    }
    std::string message = std::format("'{}' cannot be {}; ", info.key, in_quotes(*text, '"'));
    if (const auto meant = nearest(*text, names))
        return wrong(node, message + std::format("did you mean \"{}\"?", *meant));
    return wrong(node, message + "it is one of enforce, best-effort, off");
}

ValueResult<std::vector<std::string>> read_paths(const KeyInfo& info, const toml::node& node) {
    auto words = read_strings(info, node);
    if (!words) return words;
    for (std::size_t i = 0; i < words->size(); ++i) {
        const std::string& path = (*words)[i];
        if (path.starts_with('/') || (path.starts_with("${") && path.contains('}'))) continue;
        return wrong(element_of(node, i), std::format("'{}' must hold absolute paths, not {}; write {}",
                                                      info.key, in_quotes(path, '"'), info.example));
    }
    return words;
}

ValueResult<std::vector<std::uint16_t>> read_ports(const KeyInfo& info, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong_type(info, node);
    constexpr std::int64_t kMost = std::numeric_limits<std::uint16_t>::max();
    std::vector<std::uint16_t> ports;
    for (const toml::node& element : *array) {
        const auto* number = element.as_integer();
        if (number == nullptr || number->get() < 0 || number->get() > kMost) {
            return wrong(element, std::format("'{}' must hold ports from 0 to {}; write {}", info.key, kMost,
                                              info.example));
        }
        ports.push_back(static_cast<std::uint16_t>(number->get()));
    }
    return ports;
}

}  // namespace rs
