#include "supervisor/ctl/output.hpp"

#include <chrono>
#include <cstdio>
#include <ranges>

#include "supervisor/ctl/terminal.hpp"

namespace rs::ctl {
namespace {

void set(Json& object, const char* key, const std::string& value) {
    sd_json_variant* changed = object.release();
    sd_json_variant_set_field_string(&changed, key, value.c_str());
    object.reset(changed);
}

void merge(Json& object, sd_json_variant* more) {
    sd_json_variant* changed = object.release();
    sd_json_variant_merge_object(&changed, more);
    object.reset(changed);
}

Style uncut() {
    return {.width = 0, .colour = false, .symbols = false, .utf8 = style_of_output().utf8};
}

}  // namespace

Time now() {
    return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

void print(const std::string& rendered) {
    std::fputs(rendered.c_str(), stdout);
    std::fflush(stdout);
}

void print_text(const std::string& text) {
    if (!output_is_terminal()) return print(text);
    std::string_view rest = text;
    if (rest.ends_with('\n')) rest.remove_suffix(1);
    for (const auto& line : std::views::split(rest, '\n'))
        say(std::string{line.begin(), line.end()});
}

void say(const std::string& line) {
    print(render(Line{{line}}, uncut()));
}

void complain(const std::string& line) {
    std::fputs(render(Line{{line}}, uncut()).c_str(), stderr);
}

void print_json(sd_json_variant* value, JsonFormat format) {
    print(to_text(value, format == JsonFormat::pretty));
}

Json labelled(const Target& target, sd_json_variant* parameters) {
    Json object;
    if (!target.host.empty()) set(object, "host", target.host);
    if (!target.name.empty()) set(object, "name", target.name);
    if (parameters != nullptr) merge(object, parameters);
    return object;
}

Json labelled(const Answer& answer) {
    Json object = labelled(Target{answer.asked.host, answer.asked.name}, answer.parameters.get());
    if (!answer.parameters) {
        set(object, "state", answer.asked.state);
        set(object, "reason", answer.asked.reason);
    }
    return object;
}

std::string shell_quoted(std::string_view word) {
    std::string result = "'";
    for (const char c : word) {
        if (c == '\'') {
            result += "'\\''";
        } else {
            result += c;
        }
    }
    return result + "'";
}

}  // namespace rs::ctl
