// The verbs that go on: monitor, and status --watch.
#include <csignal>
#include <cstdio>
#include <format>
#include <list>
#include <optional>

#include "supervisor/base/loop.hpp"
#include "supervisor/ctl/ask.hpp"
#include "supervisor/ctl/decode.hpp"
#include "supervisor/ctl/exit_status.hpp"
#include "supervisor/ctl/output.hpp"
#include "supervisor/ctl/terminal.hpp"
#include "supervisor/ctl/verbs.hpp"

namespace rs::ctl {
namespace {

// One service that is followed. Not moved: sd-varlink and the loop hold its address.
struct Followed {
    Target target;
    std::optional<Link> link;
    std::optional<Status> status;
    std::string ended;  // why nothing more comes
};

std::string why_ended(const Failure& failure) {
    if (failure.id.empty()) return std::format("cannot ask it: {}", failure.reason);
    if (failure.is_unreachable()) return "the supervisor has ended";
    return std::format("the supervisor refuses: {}", failure.id);
}

// Follows all services that the options name, and tells of each answer. A service that ends stays as an ended
// one.
class Following {
  public:
    using Handler = std::function<void(Followed&, const Report&, sd_json_variant*)>;

    Following(Loop& loop, const Options& options) : loop_(loop) {
        Found found = find(options);
        others_ = std::move(found.others);
        for (Target& target : found.targets)
            followed_.push_back({std::move(target), std::nullopt, std::nullopt, {}});
    }

    void start(const Handler& handler, const std::function<void(Followed&)>& ended) {
        for (Followed& each : followed_) {
            auto link = Link::connect(each.target);
            if (!link) {
                end(each, link.error(), ended);
                continue;
            }
            each.link.emplace(*std::move(link));
            const auto observed =
                each.link->observe(loop_, "Monitor", [this, &each, handler, ended](const auto& answer) {
                    if (!answer) return end(each, answer.error(), ended);
                    take(each, answer->get(), handler);
                });
            if (!observed) end(each, observed.error(), ended);
        }
        exit_if_all_ended();
    }

    [[nodiscard]] const std::list<Followed>& followed() const { return followed_; }
    [[nodiscard]] const std::vector<Answer>& others() const { return others_; }

  private:
    void take(Followed& from, sd_json_variant* parameters, const Handler& handler) {
        auto report = decode_report(parameters);
        if (!report) {
            complain(std::format("{}: {}", from.target.shown(), report.error().message));
            return;
        }
        if (report->status) {
            from.status = report->status;
        } else if (report->event && from.status) {
            from.status->events.push_back(*report->event);
        }
        handler(from, *report, parameters);
    }

    void end(Followed& from, const Failure& failure, const std::function<void(Followed&)>& ended) {
        from.ended = why_ended(failure);
        from.status.reset();
        ended(from);
        exit_if_all_ended();
    }

    void exit_if_all_ended() {
        for (const Followed& each : followed_)
            if (each.ended.empty()) return;
        loop_.exit(kUnreachable);
    }

    Loop& loop_;
    std::list<Followed> followed_;
    std::vector<Answer> others_;
};

// The terminal's other screen, for as long as it lives.
class FullScreen {
  public:
    explicit FullScreen(bool on) : on_(on) {
        if (on_) print("\x1b[?1049h");
    }
    ~FullScreen() {
        if (on_) print("\x1b[?1049l");
    }
    FullScreen(const FullScreen&) = delete;
    FullScreen& operator=(const FullScreen&) = delete;

  private:
    bool on_;
};

std::vector<Line> drawn(const Following& following, const Options& options, const Style& style) {
    if (options.names.size() == 1 && options.hosts.size() < 2 && following.followed().size() == 1) {
        const Followed& only = following.followed().front();
        const std::string on = only.target.host.empty() ? "" : std::format("-H {}", only.target.host);
        if (only.status) return screen(*only.status, now(), style, on);
        return {{{only.target.shown(), Tone::bold}, {std::format(": {}", only.ended)}}};
    }
    std::vector<Asked> rows;
    for (const Followed& each : following.followed()) {
        rows.push_back({each.target.host, each.target.name, each.status,
                        each.ended.empty() ? "asked" : "not running", each.ended});
    }
    for (const Answer& other : following.others())
        rows.push_back(other.asked);
    return overview(rows, now(), style);
}

// From the first line on, without the lines that would push it out of the terminal.
std::string redrawn(std::vector<Line> lines, const Style& style) {
    const std::size_t height = lines_of_output();
    if (height > 1 && lines.size() >= height) lines.resize(height - 1);
    return "\x1b[H\x1b[J" + render(lines, style);
}

// On a terminal the times go on while nothing happens.
class Ticking {
  public:
    Ticking(Loop& loop, std::function<void()> draw) : loop_(loop), draw_(std::move(draw)) { tick(); }

  private:
    void tick() {
        auto next = loop_.after(std::chrono::seconds{1}, [this] {
            draw_();
            tick();
        });
        if (next) timer_ = *std::move(next);
    }
    Loop& loop_;
    std::function<void()> draw_;
    Loop::Source timer_;
};

int finish(Loop& loop) {
    const auto status = loop.run();
    if (status) return *status;
    complain(status.error().message);
    return kFailed;
}

}  // namespace

int monitor(const Options& options) {
    auto loop = Loop::create();
    if (!loop) return kFailed;
    Following following{*loop, options};
    for (const Answer& other : following.others())
        complain(line_for(other.asked));
    const bool names = following.followed().size() > 1;
    const auto tell = [&options, names](Followed& from, const Report& report, sd_json_variant* parameters) {
        if (options.json != JsonFormat::off)
            return print_json(labelled(from.target, parameters).get(), options.json);
        const Style style = style_of_output();
        const Line name = names ? Line{{from.target.shown() + " ", Tone::bold}} : Line{};
        std::vector<Event> events;
        if (report.event) events.push_back(*report.event);
        // The first answer: how it came to be as it is.
        if (!report.event && report.status) events = report.status->events;
        for (const Event& event : events) {
            Line line = shown(event);
            line.insert(line.begin() + 1, name.begin(), name.end());
            print(render(line, style));
        }
    };
    following.start(
        tell, [](const Followed& from) { complain(std::format("{}: {}", from.target.shown(), from.ended)); });
    if (following.followed().empty()) return kUnreachable;
    return finish(*loop);
}

int watch(const Options& options) {
    block_signals({SIGINT, SIGTERM, SIGWINCH});
    auto loop = Loop::create();
    if (!loop) return kFailed;
    Following following{*loop, options};
    if (following.followed().empty()) return show_status(options);
    const bool terminal = output_is_terminal();
    const auto draw = [&following, &options, terminal] {
        const Style style = style_of_output();
        const std::vector<Line> lines = drawn(following, options, style);
        print(terminal ? redrawn(lines, style) : render(lines, style) + "\n");
    };
    std::vector<Result<Loop::Source>> signals;
    for (const int number : {SIGINT, SIGTERM})
        signals.push_back(loop->on_signal(number, [&loop, number] { loop->exit(128 + number); }));
    signals.push_back(loop->on_signal(SIGWINCH, [&draw, terminal] {
        if (terminal) draw();
    }));
    for (const auto& signal : signals) {
        if (signal) continue;
        complain(signal.error().message);
        return kFailed;
    }

    int status = kOk;
    {
        const FullScreen full{terminal};
        std::optional<Ticking> ticking;
        if (terminal) ticking.emplace(*loop, draw);
        following.start([&draw](const auto&...) { draw(); }, [&draw](const Followed&) { draw(); });
        status = finish(*loop);
    }
    const Style style = style_of_output();
    if (terminal) print(render(drawn(following, options, style), style));
    return status;
}

}  // namespace rs::ctl
