// One proxy process, from fork to reaping.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "supervisor/base/error.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/launch/compile.hpp"
#include "supervisor/launch/spawn.hpp"
#include "supervisor/launch/stage.hpp"

namespace rs {

class Proxy {
  public:
    // Exactly one of `failed` and `ended` is called, last, when the process has been reaped.
    struct Observer {
        std::function<void()> executed;            // execve(2) succeeded
        std::function<void(ChildFailure)> failed;  // it never came to that
        std::function<void()> stopped;             // by a signal such as SIGSTOP; it may go on
        std::function<void(ProcessEnd)> ended;
        // The filter that asks has a listener, or the kernel gave none (errno). Not after the end.
        std::function<void(Result<UniqueFd>)> listening{};
    };

    // Errors: fork and what else spawn() and the loop report; then there is no process.
    static Result<std::unique_ptr<Proxy>> start(Loop& loop, const CompiledLaunch& launch, Observer observer);

    [[nodiscard]] pid_t pid() const { return spawned_.process.pid(); }
    [[nodiscard]] Result<> signal(int number) const { return spawned_.process.signal(number); }

    // SIGKILL to it and, in a supervised launch, to its process group, also after its end. Kernels before 6.9
    // know no signals to the group of a pidfd: what is left of it there ends with the unit.
    void kill_all() const;
    // kill_all(), and reaps it without another word to the observer. Waits for its end, which takes the
    // kernel far less than kPatience; what is still there then is left a zombie of the supervisor's.
    void abandon();
    static constexpr std::chrono::milliseconds kPatience{100};

  private:
    Proxy(Spawned spawned, Observer observer)
        : spawned_(std::move(spawned)), observer_(std::move(observer)) {}
    Result<> watch(Loop& loop);
    void status_readable();
    void read_failure();
    void reaped(ProcessEnd end);

    Spawned spawned_;
    Observer observer_;
    std::optional<ChildFailure> failure_;
    Loop::Source on_status_;
    Loop::Source on_end_;
};

}  // namespace rs
