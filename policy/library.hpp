// Where profiles come from: those shipped are part of the program, an administrator's are files.
//
// Built in, because a program and a filter that were made for each other cannot come apart then, and no file
// can be missing when the sandbox is needed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/profile.hpp"
#include "supervisor/base/error.hpp"

namespace rs::policy {

struct Shipped {
    std::string_view name;  // "caddy"
    std::string_view text;  // TOML
};
std::span<const Shipped> shipped_profiles();

inline constexpr const char* kOwnProfiles = "/etc/rootless-supervisor/policy";

// NAME.toml in `directory` goes before a shipped profile of the same name, which it may include by that name.
class Library {
  public:
    explicit Library(std::string directory = kOwnProfiles) : directory_(std::move(directory)) {}

    // By name, or by absolute path. Error: one line that says what is wrong, where.
    [[nodiscard]] Result<Profile> load(const std::string& name) const;
    [[nodiscard]] static Result<Profile> load_shipped(const std::string& name);
    [[nodiscard]] bool has(const std::string& name) const;
    // An administrator's file of that name, be it there or not.
    [[nodiscard]] std::string own_file(const std::string& name) const;
    [[nodiscard]] bool has_own(const std::string& name) const;
    // Sorted, each once.
    [[nodiscard]] std::vector<std::string> names() const;

  private:
    std::string directory_;
};

}  // namespace rs::policy
