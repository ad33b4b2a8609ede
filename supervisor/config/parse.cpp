#include "supervisor/config/parse.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <format>
#include <optional>
#include <utility>
#include <vector>

#include "supervisor/base/file.hpp"
#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"
#include "supervisor/base/toml_text.hpp"
#include "supervisor/config/keys.hpp"
#include "supervisor/config/validate.hpp"

namespace rs {

namespace {

// One key that the file sets; `section` is empty for what stands in no known table.
struct Item {
    std::string_view section;
    std::string_view name;
    toml::source_position where;
    const toml::node* value;
};

const Key* find_key(std::string_view section, std::string_view name) {
    const auto found = std::ranges::find_if(
        key_table(), [&](const Key& key) { return key.info.section == section && key.info.key == name; });
    return found == key_table().end() ? nullptr : &*found;
}

// The tables that know this key, for one that was written elsewhere: "[podman] or [health]"; empty if none
// does.
std::string sections_with(std::string_view name) {
    std::string list;
    for (const Key& key : key_table()) {
        if (key.info.key == name) list += std::format("{}[{}]", list.empty() ? "" : " or ", key.info.section);
    }
    return list;
}

std::vector<std::string_view> sections() {
    std::vector<std::string_view> names;
    for (const Key& key : key_table()) {
        if (!std::ranges::contains(names, key.info.section)) names.push_back(key.info.section);
    }
    return names;
}

std::vector<std::string_view> keys_of(std::string_view section) {
    std::vector<std::string_view> names;
    for (const Key& key : key_table()) {
        if (key.info.section == section) names.push_back(key.info.key);
    }
    return names;
}

std::string joined(std::span<const std::string_view> names) {
    std::string list;
    for (const std::string_view name : names) {
        if (!list.empty()) list += ", ";
        list += name;
    }
    return list;
}

// --- what is not ours ---

std::string unknown_key(const Item& item) {
    std::string message = std::format("unknown key {} in [{}]; ", in_quotes(item.name), item.section);
    if (const auto home = sections_with(item.name); !home.empty()) return message + "it belongs in " + home;
    const std::vector<std::string_view> names = keys_of(item.section);
    if (const auto meant = nearest(item.name, names))
        return message + std::format("did you mean '{}'?", *meant);
    return message + std::format("its keys are {}", joined(names));
}

std::string unknown_table(const Item& item) {
    std::string message = std::format("unknown table [{}]; ", one_line(item.name, 60));
    const std::vector<std::string_view> names = sections();
    if (const auto meant = nearest(item.name, names))
        return message + std::format("did you mean [{}]?", *meant);
    return message + std::format("the tables are {}", joined(names));
}

std::string stray_key(const Item& item) {
    std::string message = std::format("key {} stands in no table; ", in_quotes(item.name));
    if (const auto home = sections_with(item.name); !home.empty()) return message + "it belongs in " + home;
    return message + std::format("the tables are {}", joined(sections()));
}

std::string outside_sections(const Item& item) {
    const bool tables = item.value->is_table() || item.value->is_array_of_tables();
    if (!std::ranges::contains(sections(), item.name)) return tables ? unknown_table(item) : stray_key(item);
    if (tables) return std::format("the table is written [{0}] and only once, not [[{0}]]", item.name);
    return std::format("'{0}' is a table; write [{0}] on a line of its own, its keys below", item.name);
}

// --- from TOML to Config ---

// toml++ sorts by name; the first error is the first one in the file.
std::vector<Item> items_in_file_order(const toml::table& root) {
    std::vector<Item> items;
    const std::vector<std::string_view> known = sections();
    for (const auto& [name, node] : root) {
        const toml::table* table = node.as_table();
        const auto section = std::ranges::find(known, name.str());
        if (table == nullptr || section == known.end()) {
            items.push_back({{}, name.str(), name.source().begin, &node});
            continue;
        }
        for (const auto& [key, value] : *table)
            items.push_back({*section, key.str(), key.source().begin, &value});
    }
    std::ranges::sort(items, {},
                      [](const Item& item) { return std::pair(item.where.line, item.where.column); });
    return items;
}

std::optional<Diagnostic> apply(Config& config, const Item& item) {
    if (item.section.empty()) return at(item.where, outside_sections(item));
    const Key* key = find_key(item.section, item.name);
    if (key == nullptr) return at(item.where, unknown_key(item));
    ValueResult<> done = key->set(config, key->info, *item.value);
    if (!done) return at(done.error().where, std::move(done.error().message));
    return std::nullopt;
}

Diagnostic missing_command(const toml::table& root) {
    const KeyInfo& info = key_table().front().info;  // [proxy] command, the only key without a default
    for (const auto& [name, node] : root) {
        if (name.str() != info.section) continue;
        return at(name.source().begin, std::format("[{}] lacks '{}', which has no default; write {} = {}",
                                                   info.section, info.key, info.key, info.example));
    }
    return nowhere(
        std::format("there is no [{0}] table with the command to run; write [{0}] and below it {1} = {2}",
                    info.section, info.key, info.example));
}

std::expected<Config, Diagnostic> config_from(const toml::table& root) {
    Config config;
    std::vector<SetKey> keys;
    for (const Item& item : items_in_file_order(root)) {
        if (auto trouble = apply(config, item)) return std::unexpected(std::move(*trouble));
        keys.push_back({item.section, item.name, item.where.line, item.where.column});
    }
    if (config.proxy.command.empty()) return std::unexpected(missing_command(root));
    if (auto trouble = validate(config, keys)) return std::unexpected(std::move(*trouble));
    return config;
}

// For a value that is written wrongly, most often without its quotes.
std::string example_for(std::string_view name) {
    for (const Key& key : key_table()) {
        if (key.info.key == name) return std::format("; write {} = {}", name, key.info.example);
    }
    return {};
}

// --- a file that cannot be read ---

std::string_view advice(int code) {
    switch (code) {
        case ENOENT:
            return "create it or name another with --config";
        case EACCES:
            return "make it and its directories readable for the user that the service runs as";
        case EISDIR:
            return "name a file";
        case EFBIG:
            return "a configuration has at most 1 MiB";
        default:
            return "name another with --config";
    }
}

}  // namespace

std::expected<Config, Diagnostic> parse_config(std::string_view text, std::string_view file_name) {
    return parse_toml(text, example_for).and_then(config_from).transform_error([&](Diagnostic trouble) {
        trouble.file = file_name;
        return trouble;
    });
}

std::expected<Config, Diagnostic> load_config(const std::string& path) {
    const Result<std::string> text = read_small_file(path);
    if (text) return parse_config(*text, path);
    const int code = text.error().code;
    Diagnostic trouble = nowhere(std::format("cannot read: {}; {}", reason_of(code), advice(code)));
    trouble.file = path;
    return std::unexpected(std::move(trouble));
}

}  // namespace rs
