// Plain data to JSON (sd-json(3)).
#pragma once

#include <systemd/sd-json.h>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/control/status.hpp"

namespace rs::control {

// A JSON value; copies share it. Making one throws std::bad_alloc for want of memory and nothing else: text
// that is no UTF-8 gets '?' for what is wrong in it.
class Json {
  public:
    using Members = std::initializer_list<std::pair<const char*, Json>>;

    Json() = default;  // null
    static Json of(bool value);
    static Json of(std::int64_t value);
    static Json of(const std::string& text);
    static Json array(const std::vector<Json>& elements);
    static Json object(Members members);

    Json(const Json& other) : value_(sd_json_variant_ref(other.value_)) {}
    Json(Json&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
    Json& operator=(Json other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Json() { sd_json_variant_unref(value_); }

    // Null is a null pointer, which sd-json takes for null.
    [[nodiscard]] sd_json_variant* get() const { return value_; }
    // On one line, without its end.
    [[nodiscard]] std::string text() const;

  private:
    explicit Json(sd_json_variant* value) : value_(value) {}
    sd_json_variant* value_ = nullptr;
};

// As interface.c has it. Times and durations are microseconds.
Json json(const Status& status);
Json json(const Event& event);
Json json(const ConfigText& config);
Json json(const std::vector<Check>& checks);

}  // namespace rs::control
