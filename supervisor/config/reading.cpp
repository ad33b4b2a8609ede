#include "supervisor/config/reading.hpp"

#include <format>
#include <utility>

#include "supervisor/base/text.hpp"

namespace rs {

namespace {

// What the user wrote, in words.
std::string found(const toml::node& node) {
    if (const auto* string = node.as_string())
        return std::format("the string {}", in_quotes(string->get(), '"'));
    if (const auto* integer = node.as_integer()) return std::format("the integer {}", integer->get());
    if (const auto* boolean = node.as_boolean()) return std::format("the boolean {}", boolean->get());
    if (node.is_floating_point()) return "a float";
    if (node.is_array()) return "an array";
    if (node.is_table()) return "a table";
    return "a date or time";
}

}  // namespace

std::unexpected<ValueError> wrong(const toml::node& node, std::string message) {
    return std::unexpected(ValueError{std::move(message), node.source().begin});
}

std::unexpected<ValueError> wrong_type(const KeyInfo& info, const toml::node& node, std::string_view fix) {
    std::string message =
        std::format("'{}' must be {} such as {}, not {}", info.key, info.type, info.example, found(node));
    if (!fix.empty()) message += std::format("; write {}", fix);
    return wrong(node, std::move(message));
}

ValueResult<std::string> read_string(const KeyInfo& info, const toml::node& node) {
    const auto* string = node.as_string();
    if (string == nullptr) return wrong_type(info, node);
    if (string->get().contains('\0'))
        return wrong(node, std::format("'{}' must not hold a NUL byte", info.key));
    return string->get();
}

ValueResult<std::vector<std::string>> read_strings(const KeyInfo& info, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong_type(info, node);
    std::vector<std::string> strings;
    for (const toml::node& element : *array) {
        if (!element.is_string()) {
            return wrong(element, std::format("'{}' must hold strings only, not {}; write {}", info.key,
                                              found(element), info.example));
        }
        ValueResult<std::string> text = read_string(info, element);
        if (!text) return std::unexpected(std::move(text.error()));
        strings.push_back(std::move(*text));
    }
    return strings;
}

}  // namespace rs
