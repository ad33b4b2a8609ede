// The words of policies: system calls, errno values, capabilities, socket families.
//
// Each list is closed: a word that is not on it is a mistake, and the message says what was probably meant.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rs::policy {

enum class Known : std::uint8_t {
    here,       // libseccomp has a number for it, on this architecture
    elsewhere,  // libseccomp knows it, for other architectures only
    newer,      // a call of Linux that this libseccomp is too old for
};

// Error: there is no such call; in words, with what was probably meant.
std::expected<Known, std::string> know_call(std::string_view name);

// As know_call(), and the names of groups, with their @, are right too.
std::optional<std::string> mistake_in(std::string_view call_or_group);

// Only for what know_call() finds here.
int number_of(std::string_view call);
// Empty where libseccomp knows no call of that number.
std::string call_name(int number);

// "EPERM": 1. Error: in words.
std::expected<int, std::string> errno_of(std::string_view name);

// Sets of capabilities are bit masks as in /proc/PID/status (proc_pid_status(5)).
using Capabilities = std::uint64_t;
std::expected<Capabilities, std::string> capability_of(std::string_view name);
std::vector<std::string_view> capability_names(Capabilities set);

// "AF_INET": 2, as in socket(2). Error: in words.
std::expected<std::uint64_t, std::string> family_of(std::string_view name);
// The other way; the number where family_of() has no name for it.
std::string family_name(std::uint64_t number);

}  // namespace rs::policy
