// Probes one proxy again and again, and tells what its health is.
//
// Each probe is a process of its own, started by a launch plan like the proxy itself: it can be run inside
// Podman's network while the supervisor stays outside, and whatever it does cannot hold the loop up. There is
// never more than one; the next is started some time after the end of the last.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "supervisor/base/fd.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/config/config.hpp"
#include "supervisor/health/probe.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/launch/proxy.hpp"
#include "supervisor/service/health.hpp"

namespace rs {

// Where `cmake --install` puts the program of the http and tcp probes.
inline constexpr const char* kProbeProgram = RS_LIBEXEC_DIR "/rootless-supervisor-probe";

class Prober {
  public:
    struct Report {
        Health state;
        int failures;      // in a row, as far as they count
        std::string text;  // why the last probe failed; empty: it succeeded
    };
    // The plan for a probe: supervised, with the same filter as the proxy; with the namespaces or, for probes
    // from outside, without. A probe that has no plan has failed.
    using Compile = std::function<Result<CompiledLaunch>(const std::vector<std::string>& command)>;
    // Called after each failure and each change of state, and may destroy the Prober.
    using Changed = std::function<void(const Report&)>;

    // The first probe is made in the next turn of the loop, so `changed` is never called from here. Error: no
    // timer.
    static Result<std::unique_ptr<Prober>> start(Loop& loop, const HealthConfig& config, Compile compile,
                                                 Changed changed,
                                                 const std::string& probe_program = kProbeProgram);
    [[nodiscard]] Health state() const { return count_.state(); }
    [[nodiscard]] int failures() const { return count_.failures(); }

    // Ends a running probe; see Proxy::abandon().
    ~Prober();
    Prober(const Prober&) = delete;
    Prober& operator=(const Prober&) = delete;

  private:
    Prober(Loop& loop, const HealthConfig& config, Compile compile, Changed changed,
           const std::string& probe_program);

    Result<> schedule(std::chrono::milliseconds pause);
    void probe();
    Result<> begin();
    [[nodiscard]] Proxy::Observer observe();
    void read_output();
    void ended(ProcessEnd end);
    // The end of each probe; an empty text is a success. May destroy this object.
    void conclude(std::string failure);

    Loop& loop_;
    ProbeCommand command_;
    std::chrono::milliseconds timeout_;
    Compile compile_;
    Changed changed_;
    HealthCount count_;

    // Of the running probe. Without one the timer is for the next.
    UniqueFd output_;
    Loop::Source on_output_;
    LastLine line_;
    bool timed_out_ = false;
    std::unique_ptr<Proxy> process_;
    Loop::Source timer_;
};

}  // namespace rs
