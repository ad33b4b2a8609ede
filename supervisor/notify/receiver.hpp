// The notify socket that the proxy talks to instead of systemd's.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "supervisor/base/error.hpp"
#include "supervisor/base/fd.hpp"
#include "supervisor/notify/message.hpp"

namespace rs {

class NotifyReceiver {
  public:
    // A path, not an abstract address: those do not reach across network namespaces (unix(7)).
    // A socket that an earlier run left at `path` is replaced.
    static Result<NotifyReceiver> create(const std::string& path);

    [[nodiscard]] int fd() const { return socket_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }

    struct Received {
        pid_t sender = 0;  // as the kernel vouches for it (SCM_CREDENTIALS)
        NotifyMessage message;
    };
    // One datagram; nothing when none is waiting, or when it was malformed (too long, without credentials).
    // Descriptors that came along are closed, which is also how a BARRIER=1 is answered.
    std::optional<Received> receive();

  private:
    NotifyReceiver(UniqueFd socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}
    UniqueFd socket_;
    std::string path_;
};

}  // namespace rs
