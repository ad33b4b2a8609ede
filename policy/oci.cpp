#include "policy/oci.hpp"

#include <seccomp.h>
#include <sys/utsname.h>
#include <systemd/sd-json.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/oci_rules.hpp"
#include "supervisor/base/error.hpp"
#include "supervisor/base/text.hpp"

namespace rs::policy {
namespace {

template <class T = void>
using Said = std::expected<T, std::string>;

using Json = sd_json_variant*;
struct Unref {
    void operator()(Json value) const { sd_json_variant_unref(value); }
};

struct Architecture {
    std::uint32_t token;
    std::string_view libseccomp;
    std::string_view go;
};
constexpr std::array kArchitectures{Architecture{SCMP_ARCH_X86_64, "SCMP_ARCH_X86_64", "amd64"},
                                    Architecture{SCMP_ARCH_AARCH64, "SCMP_ARCH_AARCH64", "arm64"},
                                    Architecture{SCMP_ARCH_RISCV64, "SCMP_ARCH_RISCV64", "riscv64"},
                                    Architecture{SCMP_ARCH_S390X, "SCMP_ARCH_S390X", "s390x"},
                                    Architecture{SCMP_ARCH_PPC64LE, "SCMP_ARCH_PPC64LE", "ppc64le"}};

Said<const Architecture*> native() {
    const auto* found = std::ranges::find(kArchitectures, seccomp_arch_native(), &Architecture::token);
    if (found != kArchitectures.end()) return found;
    return std::unexpected("OCI profiles are not understood on this architecture");
}

// --- JSON ---

std::string_view text_of(Json value) {
    if (sd_json_variant_is_string(value) == 0) return {};
    return sd_json_variant_string(value);
}

Json member(Json object, const char* key) {
    if (object == nullptr || sd_json_variant_is_object(object) == 0) return nullptr;
    Json value = sd_json_variant_by_key(object, key);
    return value == nullptr || sd_json_variant_is_null(value) != 0 ? nullptr : value;
}

Said<std::vector<Json>> elements(Json array, std::string_view what) {
    std::vector<Json> all;
    if (array == nullptr) return all;
    if (sd_json_variant_is_array(array) == 0)
        return std::unexpected(std::format("'{}' must be an array", what));
    for (std::size_t i = 0; i < sd_json_variant_elements(array); ++i)
        all.push_back(sd_json_variant_by_index(array, i));
    return all;
}

Said<std::vector<std::string>> strings(Json array, std::string_view what) {
    const auto all = elements(array, what);
    if (!all) return std::unexpected(all.error());
    std::vector<std::string> words;
    for (Json value : *all) {
        if (sd_json_variant_is_string(value) == 0)
            return std::unexpected(std::format("'{}' must hold strings", what));
        words.emplace_back(text_of(value));
    }
    return words;
}

Said<std::uint64_t> number(Json value, std::string_view what) {
    if (value == nullptr) return 0;
    if (sd_json_variant_is_unsigned(value) == 0) {
        return std::unexpected(std::format("'{}' must be an integer that is not negative", what));
    }
    return sd_json_variant_unsigned(value);
}

// --- does an entry apply here? ---

// "4.8" as the first two numbers of uname(2)'s release.
Said<bool> kernel_is_at_least(std::string_view wanted) {
    const auto parse = [](std::string_view text) -> std::pair<unsigned, unsigned> {
        std::pair<unsigned, unsigned> version{};
        const char* end = text.data() + text.size();
        const auto major = std::from_chars(text.data(), end, version.first);
        if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return {};
        std::from_chars(major.ptr + 1, end, version.second);
        return version;
    };
    const auto least = parse(wanted);
    if (least == std::pair<unsigned, unsigned>{}) {
        return std::unexpected(std::format("minKernel {} is no version such as \"4.8\"", in_quotes(wanted)));
    }
    utsname system{};
    ::uname(&system);
    return parse(system.release) >= least;
}

struct Match {
    bool any = false;  // something is asked for
    bool all_hold = true;
    bool one_holds = false;

    void add(bool holds) {
        any = true;
        all_hold = all_hold && holds;
        one_holds = one_holds || holds;
    }
};

Said<Match> match(Json filter, std::string_view architecture, Capabilities kept) {
    Match match;
    const auto arches = strings(member(filter, "arches"), "arches");
    if (!arches) return std::unexpected(arches.error());
    if (!arches->empty()) match.add(std::ranges::contains(*arches, architecture));
    const auto caps = strings(member(filter, "caps"), "caps");
    if (!caps) return std::unexpected(caps.error());
    for (const auto& name : *caps) {
        const auto capability = capability_of(name);
        if (!capability) return std::unexpected(capability.error());
        match.add((kept & *capability) != 0);
    }
    if (Json least = member(filter, "minKernel")) {
        const auto holds = kernel_is_at_least(text_of(least));
        if (!holds) return std::unexpected(holds.error());
        match.add(*holds);
    }
    return match;
}

// As containers-common decides: everything in "includes" must hold, and nothing in "excludes" may.
Said<bool> applies(Json entry, std::string_view architecture, Capabilities kept) {
    const auto included = match(member(entry, "includes"), architecture, kept);
    if (!included) return std::unexpected(included.error());
    const auto excluded = match(member(entry, "excludes"), architecture, kept);
    if (!excluded) return std::unexpected(excluded.error());
    return included->all_hold && !excluded->one_holds;
}

// --- what an entry says ---

Said<Action> action_named(std::string_view name, Json errno_value, std::uint64_t errno_default) {
    if (name == "SCMP_ACT_ALLOW") return kAllow;
    if (name == "SCMP_ACT_LOG") return kLog;
    if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_PROCESS" || name == "SCMP_ACT_KILL_THREAD")
        return kKill;
    if (name != "SCMP_ACT_ERRNO") {
        return std::unexpected(std::format("action {} has no equivalent here", in_quotes(name)));
    }
    const auto code =
        errno_value == nullptr ? Said<std::uint64_t>{errno_default} : number(errno_value, "errnoRet");
    if (!code) return std::unexpected(code.error());
    constexpr std::uint64_t kErrnoMax = 4095;
    if (*code == 0 || *code > kErrnoMax) {
        return std::unexpected(std::format("errno {} is not one that a call can return", *code));
    }
    return refuse_with(static_cast<int>(*code));
}

Said<OciCondition> condition_from(Json object) {
    const auto index = number(member(object, "index"), "index");
    const auto value = number(member(object, "value"), "value");
    const auto second = number(member(object, "valueTwo"), "valueTwo");
    for (const auto* read : {&index, &value, &second}) {
        if (!*read) return std::unexpected(read->error());
    }
    if (*index > 5) return std::unexpected(std::format("there is no argument {}; there are 0 to 5", *index));
    const auto argument = static_cast<unsigned>(*index);
    const std::string_view op = text_of(member(object, "op"));
    constexpr auto kAll = ~std::uint64_t{0};
    if (op == "SCMP_CMP_EQ") return OciCondition{{argument, kAll, *value}};
    if (op == "SCMP_CMP_NE") return OciCondition{{argument, kAll, *value}, true};
    // libseccomp compares the masked argument with the second value as it stands.
    if (op == "SCMP_CMP_MASKED_EQ") return OciCondition{{argument, *value, *second}};
    return std::unexpected(
        std::format("comparison {} is not supported: only SCMP_CMP_EQ and SCMP_CMP_MASKED_EQ say "
                    "the same in every combination of rules",
                    in_quotes(op)));
}

Said<std::vector<std::string>> names_of(Json entry) {
    auto names = strings(member(entry, "names"), "names");
    if (names && names->empty()) {
        if (const auto name = text_of(member(entry, "name")); !name.empty()) names->emplace_back(name);
    }
    return names;
}

Said<> add_entry(OciEntries& entries, Json entry, std::string_view architecture, Capabilities kept) {
    const auto names = names_of(entry);
    if (!names) return std::unexpected(names.error());
    for (const auto& name : *names) {
        if (const auto known = know_call(name); !known) return std::unexpected(known.error());
    }
    const auto here = applies(entry, architecture, kept);
    if (!here) return std::unexpected(here.error());
    if (!*here) return {};
    const auto action = action_named(text_of(member(entry, "action")), member(entry, "errnoRet"), EPERM);
    if (!action) return std::unexpected(action.error());
    const auto args = elements(member(entry, "args"), "args");
    if (!args) return std::unexpected(args.error());
    OciEntry read{*action, {}};
    for (Json object : *args) {
        const auto condition = condition_from(object);
        if (!condition) {
            const std::string call = names->empty() ? "" : names->front();
            return std::unexpected(std::format("system call '{}': {}", call, condition.error()));
        }
        read.conditions.push_back(*condition);
    }
    for (const auto& name : *names)
        entries[name].push_back(read);
    return {};
}

// --- the whole ---

Said<> check_architectures(Json root, const Architecture& here) {
    const auto plain = strings(member(root, "architectures"), "architectures");
    if (!plain) return std::unexpected(plain.error());
    const auto map = elements(member(root, "archMap"), "archMap");
    if (!map) return std::unexpected(map.error());
    if (plain->empty() && map->empty()) return {};
    const bool mapped = std::ranges::any_of(
        *map, [&](Json each) { return text_of(member(each, "architecture")) == here.libseccomp; });
    if (mapped || std::ranges::contains(*plain, here.libseccomp)) return {};
    return std::unexpected(std::format("the profile is not for this architecture, {}", here.libseccomp));
}

// `at` becomes what an error is about, where that has a place.
Said<SyscallPolicy> policy_from(Json root, Capabilities kept, Json& at) {
    const auto here = native();
    if (!here) return std::unexpected(here.error());
    if (sd_json_variant_is_object(root) == 0) return std::unexpected("it is no JSON object");
    if (auto right = check_architectures(root, **here); !right) return std::unexpected(right.error());
    const auto otherwise =
        action_named(text_of(member(root, "defaultAction")), member(root, "defaultErrnoRet"), EPERM);
    if (!otherwise) return std::unexpected(otherwise.error());
    if (is_allowed(*otherwise)) {
        return std::unexpected("its default action must refuse: a profile names what is allowed");
    }
    const auto list = elements(member(root, "syscalls"), "syscalls");
    if (!list) return std::unexpected(list.error());
    OciEntries entries;
    for (Json entry : *list) {
        at = entry;
        if (auto added = add_entry(entries, entry, (*here)->go, kept); !added)
            return std::unexpected(added.error());
    }
    at = nullptr;
    auto calls = combine(entries, *otherwise);
    if (!calls) return std::unexpected(calls.error());
    return SyscallPolicy{*otherwise, {}, *std::move(calls)};
}

}  // namespace

std::expected<SyscallPolicy, Diagnostic> parse_oci(std::string_view text, std::string_view file,
                                                   Capabilities kept) {
    const auto trouble = [file](std::string message, unsigned line = 0, unsigned column = 0) {
        return std::unexpected(Diagnostic{std::string{file}, line, column, std::move(message)});
    };
    if (text.contains('\0')) return trouble("invalid JSON: it holds a NUL byte");
    Json parsed = nullptr;
    unsigned line = 0;
    unsigned column = 0;
    const int code =
        sd_json_parse(std::string{text}.c_str(), sd_json_parse_flags_t{}, &parsed, &line, &column);
    const std::unique_ptr<sd_json_variant, Unref> root{parsed};
    if (code < 0) return trouble(std::format("invalid JSON: {}", reason_of(-code)), line, column);
    Json at = nullptr;
    auto policy = policy_from(root.get(), kept, at);
    if (policy) return *std::move(policy);
    line = column = 0;
    if (at != nullptr) sd_json_variant_get_source(at, nullptr, &line, &column);
    return trouble(policy.error(), line, column);
}

}  // namespace rs::policy
