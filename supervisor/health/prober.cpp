#include "supervisor/health/prober.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace rs {

namespace {

using std::chrono::milliseconds;

// The probe program is to end by itself and say at what it waited in vain, rather than be killed.
constexpr milliseconds kGrace{500};

// What is read of a probe's output in one turn of the loop, and after its end: a process that it left behind
// may write for ever.
constexpr int kReadsMax = 16;
constexpr std::size_t kReadSize = 4096;

std::chrono::steady_clock::time_point now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Prober::Prober(Loop& loop, const HealthConfig& config, Compile compile, Changed changed,
               const std::string& probe_program)
    : loop_(loop),
      command_(probe_command(config, probe_program)),
      timeout_(config.timeout),
      compile_(std::move(compile)),
      changed_(std::move(changed)),
      count_({.interval = config.interval, .start_period = config.start_period, .retries = config.retries},
             now()) {}

Prober::~Prober() {
    if (process_) process_->abandon();
}

Result<std::unique_ptr<Prober>> Prober::start(Loop& loop, const HealthConfig& config, Compile compile,
                                              Changed changed, const std::string& probe_program) {
    std::unique_ptr<Prober> prober{
        new Prober{loop, config, std::move(compile), std::move(changed), probe_program}};
    if (auto scheduled = prober->schedule(milliseconds{0}); !scheduled)
        return std::unexpected(scheduled.error());
    return prober;
}

Result<> Prober::schedule(milliseconds pause) {
    auto timer = loop_.after(pause, [this] { probe(); });
    if (!timer) return std::unexpected(timer.error());
    timer_ = std::move(*timer);
    return {};
}

void Prober::probe() {
    if (auto begun = begin(); !begun) conclude("cannot probe: " + begun.error().message);
}

Result<> Prober::begin() {
    timed_out_ = false;
    line_ = {};
    auto launch = compile_(command_.argv);
    if (!launch) return std::unexpected(launch.error());

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return fail_errno("cannot create the output pipe", errno);
    output_.reset(ends[0]);
    const UniqueFd written{ends[1]};
    if (::fcntl(output_.get(), F_SETFL, O_NONBLOCK) < 0) return fail_errno("cannot set O_NONBLOCK", errno);
    if (auto sent = launch->send_output_to(written.get()); !sent) return sent;
    auto on_output = loop_.on_readable(output_.get(), [this] { read_output(); });
    if (!on_output) return std::unexpected(on_output.error());
    auto deadline = loop_.after(command_.ours ? timeout_ + kGrace : timeout_, [this] {
        timed_out_ = true;
        process_->kill_all();  // its end is on the way to us
    });
    if (!deadline) return std::unexpected(deadline.error());

    auto started = Proxy::start(loop_, *launch, observe());
    if (!started) return std::unexpected(started.error());
    process_ = std::move(*started);
    on_output_ = std::move(*on_output);
    timer_ = std::move(*deadline);
    return {};
}

Proxy::Observer Prober::observe() {
    return {.executed = [] {},
            .failed = [this](ChildFailure why) { conclude(describe(why, command_.argv.front())); },
            .stopped = {},
            .ended = [this](ProcessEnd end) { ended(end); }};
}

void Prober::read_output() {
    std::array<char, kReadSize> chunk{};
    for (int i = 0; i < kReadsMax; ++i) {
        const ssize_t got = ::read(output_.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return on_output_.reset();  // closed: a readable end of file would keep the loop awake
        line_.add({chunk.data(), static_cast<std::size_t>(got)});
    }
}

void Prober::ended(ProcessEnd end) {
    process_->kill_all();  // what it left behind
    read_output();
    const std::string output = line_.text();
    if (timed_out_) return conclude(timeout_text(command_, timeout_, output));
    conclude(end == ProcessEnd{} ? "" : failure_text(command_, end, output));
}

void Prober::conclude(std::string failure) {
    on_output_.reset();
    output_.reset();
    timer_.reset();
    process_.reset();

    const Health before = count_.state();
    if (failure.empty()) {
        count_.succeeded();
    } else {
        count_.failed(now());
    }
    Report report{.state = count_.state(), .failures = count_.failures(), .text = std::move(failure)};
    if (auto scheduled = schedule(count_.pause()); !scheduled) {
        // Nobody would notice any more: a successor gets a prober of its own.
        report = {.state = Health::unhealthy,
                  .failures = report.failures,
                  .text = "no further health checks: " + scheduled.error().message};
    }
    if (report.text.empty() && report.state == before) return;
    const Changed changed = changed_;  // the call may destroy this object
    changed(report);
}

}  // namespace rs
