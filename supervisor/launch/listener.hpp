// Answers the calls that a seccomp filter asks about (seccomp_unotify(2)).
//
// Only what is in registers is looked at: whoever reads the caller's memory would have to make sure that it
// is still the same process (SECCOMP_IOCTL_NOTIF_ID_VALID), and could not know that it stays as it was read.
#pragma once

#include <linux/seccomp.h>

#include <functional>
#include <memory>

#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"
#include "supervisor/base/loop.hpp"

namespace rs {

class Listener {
  public:
    // In place of an errno: the call is made as if nobody had asked. Only for what may be allowed with
    // whatever its pointers lead to, for that may change until the kernel looks.
    static constexpr int kGoOn = -1;
    // The errno to answer with, or kGoOn.
    using Judge = std::function<int(const seccomp_data& call)>;

    // One call a turn of the loop, below the proxy's own business: a flood of them slows down who makes them.
    // Without a Listener, the kernel answers with ENOSYS.
    static Result<std::unique_ptr<Listener>> attach(Loop& loop, UniqueFd fd, Judge judge);

  private:
    Listener(UniqueFd fd, Judge judge) : fd_(std::move(fd)), judge_(std::move(judge)) {}
    void readable();

    UniqueFd fd_;
    Judge judge_;
    Loop::Source on_readable_;
};

}  // namespace rs
