// Dispatch tables of sd-json from pointers to members: field<&Status::name>("name").
//
// The callback knows its member by type, so no offset has to be right, and whatever decode() is overloaded
// for may be a member: optional and lists are made of those. It is noexcept: want of memory ends this
// program.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/ctl/json.hpp"
#include "supervisor/ctl/status.hpp"

namespace rs::ctl {

inline int decode(sd_json_variant* value, std::string& text) {
    if (sd_json_variant_is_string(value) == 0) return -EINVAL;
    text = sd_json_variant_string(value);
    return 0;
}

inline int decode(sd_json_variant* value, bool& truth) {
    if (sd_json_variant_is_boolean(value) == 0) return -EINVAL;
    truth = sd_json_variant_boolean(value) != 0;
    return 0;
}

inline int decode(sd_json_variant* value, std::int64_t& number) {
    if (sd_json_variant_is_integer(value) == 0) return -EINVAL;
    number = sd_json_variant_integer(value);
    return 0;
}

inline int decode(sd_json_variant* value, Micros& span) {
    std::int64_t number = 0;
    const int r = decode(value, number);
    span = Micros{number};
    return r;
}

inline int decode(sd_json_variant* value, Time& time) {
    Micros since_epoch{};
    const int r = decode(value, since_epoch);
    time = Time{since_epoch};
    return r;
}

template <class T>
int decode(sd_json_variant* value, std::optional<T>& optional) {
    optional.reset();
    if (sd_json_variant_is_null(value) != 0) return 0;
    return decode(value, optional.emplace());
}

template <class T>
int decode(sd_json_variant* value, std::vector<T>& list) {
    if (sd_json_variant_is_array(value) == 0) return -EINVAL;
    list.clear();
    for (std::size_t i = 0; i < sd_json_variant_elements(value); ++i) {
        if (const int r = decode(sd_json_variant_by_index(value, i), list.emplace_back()); r < 0) return r;
    }
    return 0;
}

template <class T>
struct MemberOf;
template <class Class, class Type>
struct MemberOf<Type Class::*> {
    using Owner = Class;
};

template <auto Member>
int take(const char* /*name*/, sd_json_variant* value, sd_json_dispatch_flags_t /*flags*/,
         void* owner) noexcept {
    using Owner = MemberOf<decltype(Member)>::Owner;
    return decode(value, static_cast<Owner*>(owner)->*Member);
}

// The type is decode()'s to check, hence none here.
template <auto Member>
constexpr sd_json_dispatch_field optional_field(const char* name) {
    return {name, _SD_JSON_VARIANT_TYPE_INVALID, take<Member>, 0, static_cast<sd_json_dispatch_flags_t>(0)};
}

template <auto Member>
constexpr sd_json_dispatch_field field(const char* name) {
    return {name, _SD_JSON_VARIANT_TYPE_INVALID, take<Member>, 0, SD_JSON_MANDATORY};
}

inline constexpr sd_json_dispatch_field kEndOfFields{nullptr, _SD_JSON_VARIANT_TYPE_INVALID, nullptr, 0,
                                                     static_cast<sd_json_dispatch_flags_t>(0)};

}  // namespace rs::ctl
