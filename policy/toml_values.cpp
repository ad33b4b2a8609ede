#include "policy/toml_values.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {

std::unexpected<Diagnostic> wrong(const toml::node& node, std::string message) {
    return std::unexpected(at(node.source().begin, std::move(message)));
}

Read<std::string> read_text(const toml::node& node, std::string_view what) {
    const auto* string = node.as_string();
    if (string == nullptr) return wrong(node, std::format("'{}' must be a string", what));
    if (string->get().contains('\0')) return wrong(node, std::format("'{}' must not hold a NUL byte", what));
    return string->get();
}

Read<std::vector<Word>> read_words(const toml::node& node, std::string_view what) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong(node, std::format("'{}' must be an array of strings", what));
    std::vector<Word> words;
    for (const toml::node& element : *array) {
        auto text = read_text(element, what);
        if (!text) return std::unexpected(std::move(text.error()));
        words.push_back({*std::move(text), &element});
    }
    return words;
}

Read<std::uint64_t> read_number(const toml::node& node, std::string_view what, std::int64_t least,
                                std::int64_t most) {
    const auto* integer = node.as_integer();
    if (integer == nullptr) return wrong(node, std::format("'{}' must be an integer", what));
    if (integer->get() < least || integer->get() > most) {
        return wrong(node, std::format("'{}' must be from {} to {}", what, least, most));
    }
    return static_cast<std::uint64_t>(integer->get());
}

Read<> only_keys(const toml::table& table, std::string_view where, std::span<const std::string_view> known) {
    const toml::key* first = nullptr;
    for (const auto& [key, value] : table) {
        if (std::ranges::contains(known, key.str())) continue;
        const auto place = [](const toml::key& each) {
            return std::pair(each.source().begin.line, each.source().begin.column);
        };
        if (first == nullptr || place(key) < place(*first)) first = &key;
    }
    if (first == nullptr) return {};
    std::string message = std::format("unknown key {} in {}; ", in_quotes(first->str()), where);
    if (const auto meant = nearest(first->str(), known)) {
        message += std::format("did you mean '{}'?", *meant);
    } else {
        message += "its keys are ";
        for (const auto name : known)
            message += std::format("{}{}", name == known.front() ? "" : ", ", name);
    }
    return std::unexpected(at(first->source().begin, std::move(message)));
}

}  // namespace rs::policy
