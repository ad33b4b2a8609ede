#include "supervisor/audit/print.hpp"

#include <langinfo.h>
#include <systemd/sd-json.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <format>
#include <new>
#include <string_view>

namespace rs::audit {
namespace {

using control::Json;

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::string mark(Verdict verdict, const Style& style) {
    const auto tinted = [&](std::string_view colour, std::string_view symbol, std::string_view plain) {
        const auto text = style.symbols ? symbol : plain;
        return style.colour ? std::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string{text};
    };
    switch (verdict) {
        case Verdict::as_promised:
            return tinted("32", "✓", "+");
        case Verdict::differs:
            return tinted("31", "✗", "!");
        case Verdict::untold:
            return tinted("2", "·", "-");
    }
    return {};
}

Json strings(const std::vector<std::string>& all) {
    std::vector<Json> elements;
    for (const auto& text : all)
        elements.push_back(Json::of(text));
    return Json::array(elements);
}

Json json(const Finding& finding) {
    return Json::object(
        {{"topic", Json::of(finding.topic)},
         {"found", Json::of(finding.found)},
         {"promised", finding.promised.empty() ? Json{} : Json::of(finding.promised)},
         {"asPromised",
          finding.verdict == Verdict::untold ? Json{} : Json::of(finding.verdict == Verdict::as_promised)}});
}

}  // namespace

Style style_of_output() {
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    const bool utf8 = std::string_view{::nl_langinfo(CODESET)} == "UTF-8";
    return {.symbols = terminal && utf8,
            .colour = terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb"};
}

std::string text(const Report& report, const Style& style) {
    std::string all =
        std::format("{}: {} proxy, process {} ({})\n", report.name, report.role, report.pid, report.program);
    std::size_t width = 0;
    for (const auto& finding : report.findings)
        width = std::max(width, finding.topic.size());
    for (const auto& finding : report.findings) {
        all += std::format("  {} {:<{}}  {}\n", mark(finding.verdict, style), finding.topic, width,
                           finding.found);
        if (!finding.promised.empty())
            all += std::format("    {:<{}}  promised: {}\n", "", width, finding.promised);
    }
    const auto differ = std::ranges::count(report.findings, Verdict::differs, &Finding::verdict);
    all += differ == 0 ? "As promised."
                       : std::format("{} difference{} from the promise.", differ, differ == 1 ? "" : "s");
    if (report.stopped) {
        all += std::format(" Its first thread stood still for {:.1f} ms.",
                           static_cast<double>(report.stopped->count()) / 1000);
    }
    return all + "\n";
}

Json json(const Report& report) {
    std::vector<Json> findings;
    for (const auto& finding : report.findings)
        findings.push_back(json(finding));
    const Calls& calls = report.calls;
    return Json::object(
        {{"name", Json::of(report.name)},
         {"asPromised", Json::of(report.as_promised())},
         {"pid", Json::of(std::int64_t{report.pid})},
         {"program", Json::of(report.program)},
         {"role", Json::of(report.role)},
         {"findings", Json::array(findings)},
         {"systemCalls",
          Json::object({{"source", Json::of(std::string{calls.from_kernel ? "kernel" : "configuration"})},
                        {"reachable", strings(calls.always)},
                        {"withSomeArguments", strings(calls.some)},
                        {"beyondPromise", strings(calls.beyond)},
                        {"refusedByUnit", strings(calls.unit_keeps)}})},
         {"stoppedUSec", report.stopped ? Json::of(std::int64_t{report.stopped->count()}) : Json{}}});
}

std::string pretty(const Json& json) {
    char* text = nullptr;
    if (sd_json_variant_format(json.get(), SD_JSON_FORMAT_PRETTY, &text) < 0) throw std::bad_alloc{};
    std::string copy{text};
    std::free(text);
    return copy;
}

}  // namespace rs::audit
