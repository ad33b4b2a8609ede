#include "policy/library.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <format>
#include <system_error>

#include "supervisor/base/file.hpp"
#include "supervisor/base/suggest.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

constexpr std::string_view kSuffix = ".toml";

const Shipped* find_shipped(std::string_view name) {
    const auto all = shipped_profiles();
    const auto found = std::ranges::find(all, name, &Shipped::name);
    return found == all.end() ? nullptr : &*found;
}

Result<Profile> parsed(std::string_view text, const std::string& file, const std::string& name) {
    auto profile = parse_profile(text, file);
    if (!profile) return fail(profile.error().text());
    profile->name = name;
    return *std::move(profile);
}

}  // namespace

std::string Library::own_file(const std::string& name) const {
    return std::format("{}/{}{}", directory_, name, kSuffix);
}

bool Library::has_own(const std::string& name) const {
    return ::access(own_file(name).c_str(), F_OK) == 0;
}

bool Library::has(const std::string& name) const {
    return find_shipped(name) != nullptr || has_own(name);
}

std::vector<std::string> Library::names() const {
    std::vector<std::string> names;
    for (const auto& each : shipped_profiles())
        names.emplace_back(each.name);
    std::error_code none;  // no directory: no profiles of the administrator's
    for (std::filesystem::directory_iterator entry{directory_, none}, end; entry != end;
         entry.increment(none)) {
        if (entry->path().extension() == kSuffix) names.push_back(entry->path().stem());
    }
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    return names;
}

Result<Profile> Library::load_shipped(const std::string& name) {
    const auto* shipped = find_shipped(name);
    if (shipped == nullptr) return fail(std::format("no profile {} is shipped", in_quotes(name)));
    return parsed(shipped->text, std::format("{}{} (built in)", name, kSuffix), name);
}

Result<Profile> Library::load(const std::string& name) const {
    const bool is_path = name.starts_with('/');
    const std::string file = is_path ? name : own_file(name);
    const auto text = read_small_file(file);
    if (text) return parsed(*text, file, name);
    if (is_path || text.error().code != ENOENT) {
        return fail(std::format("cannot read policy profile '{}': {}", file, reason_of(text.error().code)),
                    text.error().code);
    }
    if (find_shipped(name) != nullptr) return load_shipped(name);
    const auto known = names();
    const std::vector<std::string_view> words{known.begin(), known.end()};
    std::string message = std::format("there is no policy profile {}; ", in_quotes(name));
    if (const auto meant = nearest(name, words))
        return fail(message + std::format("did you mean '{}'?", *meant));
    message += "there are ";
    for (const auto word : words)
        message += std::format("{}{}", word == words.front() ? "" : ", ", word);
    return fail(message);
}

}  // namespace rs::policy
