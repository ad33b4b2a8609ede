#include "supervisor/base/toml_text.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <format>
#include <utility>

#include "supervisor/base/text.hpp"

namespace rs {
namespace {

// Each dot may nest one table deeper ("a.a.a.a = 1"), and toml++ 3.4 takes nested tables apart by recursion:
// some hundred thousand of them overflow the stack. It bounds other nesting by itself
// (TOML_MAX_NESTED_VALUES).
constexpr std::ptrdiff_t kDotsMax = 4096;

std::string_view line_of(std::string_view text, unsigned number) {
    for (unsigned i = 1; i < number; ++i) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

// Most often a value lacks its quotes, of which toml++ says "expected digit, saw 's'".
std::string_view key_on(std::string_view line) {
    constexpr std::string_view kBlank = " \t";
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return {};
    std::string_view name = line.substr(0, equals);
    name.remove_prefix(std::min(name.find_first_not_of(kBlank), name.size()));
    return name.substr(0, name.find_last_not_of(kBlank) + 1);
}

Diagnostic syntax_error(std::string_view text, const toml::parse_error& error, const Example& example) {
    constexpr std::string_view kPrefix = "Error while parsing ";
    const toml::source_position where = error.source().begin;
    std::string description = one_line(error.description(), 300);
    // Without the prefix it is about the text as such: bytes that are not UTF-8.
    if (!description.starts_with(kPrefix)) {
        if (description.starts_with('E')) description.front() = 'e';
        return at(where, "invalid TOML: " + description);
    }
    description.erase(0, kPrefix.size());
    // A key that is there twice is written well.
    const bool twice = description.contains("cannot redefine");
    const std::string shown = twice ? "" : example(key_on(line_of(text, where.line)));
    return at(where, std::format("invalid TOML in {}{}", description, shown));
}

}  // namespace

Diagnostic at(toml::source_position where, std::string message) {
    return {.file = {}, .line = where.line, .column = where.column, .message = std::move(message)};
}

Diagnostic nowhere(std::string message) {
    return {.file = {}, .line = 0, .column = 0, .message = std::move(message)};
}

std::expected<toml::table, Diagnostic> parse_toml(std::string_view text, const Example& example) {
    if (std::ranges::count(text, '.') > kDotsMax) {
        return std::unexpected(nowhere(std::format("more than {} dots; this is no configuration", kDotsMax)));
    }
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        return std::unexpected(syntax_error(text, error, example));
    } catch (const std::exception& error) {
        return std::unexpected(nowhere(std::format("cannot parse: {}", one_line(error.what(), 300))));
    }
}

}  // namespace rs
