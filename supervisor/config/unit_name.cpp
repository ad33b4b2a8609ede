#include "supervisor/config/unit_name.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "supervisor/base/suggest.hpp"

namespace rs {

namespace {

constexpr std::size_t kMax = 255;

constexpr std::array<std::string_view, 11> kSuffixes{
    "service", "socket", "target", "mount", "automount", "path", "timer", "slice", "scope", "swap", "device"};

// podman-systemd.unit(5): the files that Quadlet makes services of, and how their names end then.
struct QuadletFile {
    std::string_view suffix;
    std::string_view service;
};
constexpr std::array kQuadletFiles{
    QuadletFile{"container", ".service"},     QuadletFile{"kube", ".service"},
    QuadletFile{"pod", "-pod.service"},       QuadletFile{"network", "-network.service"},
    QuadletFile{"volume", "-volume.service"}, QuadletFile{"image", "-image.service"},
    QuadletFile{"build", "-build.service"},
};

bool is_allowed(char c) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return alphanumeric || std::string_view{":-_.\\@"}.contains(c);
}

std::string unknown_suffix(std::string_view stem, std::string_view suffix) {
    for (const auto& file : kQuadletFiles) {
        if (suffix != file.suffix) continue;
        return std::format("that is a file of Quadlet's; the unit made of it is \"{}{}\"", stem,
                           file.service);
    }
    if (const auto meant = nearest(suffix, kSuffixes))
        return std::format("did you mean \"{}.{}\"?", stem, *meant);
    // The dot may be one of a name without a suffix.
    return std::format("the suffix is missing; write \"{}.{}.service\"", stem, suffix);
}

}  // namespace

Result<> check_unit_name(std::string_view name) {
    if (name.empty()) return fail("it is empty");
    if (name.size() > kMax) return fail(std::format("longer than {} bytes", kMax));
    if (!std::ranges::all_of(name, is_allowed)) {
        return fail(
            "a unit's name consists of letters, digits and :-_.\\@; systemd-escape(1) shows how to write "
            "others");
    }
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos)
        return fail(std::format("the suffix is missing; write \"{}.service\"", name));
    const std::string_view stem = name.substr(0, dot);
    if (stem.empty() || stem.starts_with('@')) return fail("there is no name before the suffix");
    const std::string_view suffix = name.substr(dot + 1);
    if (!std::ranges::contains(kSuffixes, suffix)) return fail(unknown_suffix(stem, suffix));
    if (stem.find('@') == stem.size() - 1) {
        return fail(
            std::format("that is a template; name one of its instances, \"{}NAME.{}\"", stem, suffix));
    }
    return {};
}

}  // namespace rs
