#include "supervisor/audit/parse.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <ranges>

namespace rs::audit {
namespace {

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> all;
    for (std::size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
        all.push_back(text.substr(at, end - at));
        at = end;
    }
    return all;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> all;
    for (const auto part : std::views::split(text, '\n')) {
        if (!part.empty()) all.emplace_back(part.begin(), part.end());
    }
    return all;
}

template <class Number>
bool read(std::string_view text, Number& number, int base = 10) {
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return end.ec == std::errc{} && end.ptr == text.data() + text.size();
}

template <class Id>
bool read_ids(std::string_view text, std::array<Id, 4>& ids) {
    const auto parts = words(text);
    if (parts.size() != ids.size()) return false;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!read(parts[i], ids[i])) return false;
    }
    return true;
}

// proc(5): blank, tab, newline and backslash are written as \ooo.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned code = 0;
        if (text[at] == '\\' && at + 4 <= text.size() && read(text.substr(at + 1, 3), code, 8)) {
            plain += static_cast<char>(code);
            at += 3;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

bool is_writable(std::string_view options) {
    return std::ranges::none_of(std::views::split(options, ','), [](const auto part) {
        return std::string_view{part.begin(), part.end()} == "ro";
    });
}

}  // namespace

Result<Confinement> parse_status(std::string_view text) {
    std::map<std::string_view, std::string_view> fields;
    for (const auto line : lines(text)) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto value = words(line.substr(colon + 1));
        fields[line.substr(0, colon)] =
            value.empty() ? std::string_view{}
                          : std::string_view{value.front().data(), value.back().data() + value.back().size()};
    }
    Confinement seen;
    auto& sets = seen.capabilities;
    int no_new_privileges = 0;
    const bool whole =
        read(fields["PPid"], seen.parent) && read_ids(fields["Uid"], seen.uids) &&
        read_ids(fields["Gid"], seen.gids) && read(fields["CapInh"], sets.inheritable, 16) &&
        read(fields["CapPrm"], sets.permitted, 16) && read(fields["CapEff"], sets.effective, 16) &&
        read(fields["CapBnd"], sets.bounding, 16) && read(fields["CapAmb"], sets.ambient, 16) &&
        read(fields["NoNewPrivs"], no_new_privileges);
    if (!whole) return fail("the kernel's status of the process is not as proc_pid_status(5) has it");
    seen.no_new_privileges = no_new_privileges == 1;
    read(fields["Seccomp_filters"], seen.filters);
    for (const auto group : words(fields["Groups"])) {
        if (gid_t id = 0; read(group, id)) seen.groups.push_back(id);
    }
    return seen;
}

std::vector<Mount> parse_mountinfo(std::string_view text) {
    constexpr std::size_t kPoint = 4;
    constexpr std::size_t kOptions = 5;
    std::vector<Mount> mounts;
    for (const auto line : lines(text)) {
        const auto separator = line.find(" - ");
        if (separator == std::string_view::npos) continue;
        const auto before = words(line.substr(0, separator));
        const auto after = words(line.substr(separator + 3));
        Mount mount;
        if (before.size() <= kOptions || after.size() < 3 || !read(before[0], mount.id) ||
            !read(before[1], mount.parent))
            continue;
        mount.point = unescaped(before[kPoint]);
        mount.type = after[0];
        mount.writable = is_writable(before[kOptions]) && is_writable(after[2]);
        mounts.push_back(std::move(mount));
    }
    return mounts;
}

int parse_mount_id(std::string_view fdinfo) {
    for (const auto line : lines(fdinfo)) {
        const auto parts = words(line);
        if (int id = -1; parts.size() == 2 && parts[0] == "mnt_id:" && read(parts[1], id)) return id;
    }
    return -1;
}

std::string parse_id_map(std::string_view text) {
    std::string map;
    for (const auto line : lines(text)) {
        if (!map.empty()) map += "; ";
        const auto parts = words(line);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i > 0) map += ' ';
            map += parts[i];
        }
    }
    return map;
}

}  // namespace rs::audit
