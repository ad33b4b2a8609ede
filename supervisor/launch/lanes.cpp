#include "supervisor/launch/lanes.hpp"

#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <utility>

namespace rs {
namespace {

int option(int fd, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : 0;
}

// What the kernel, too, makes a group of: same kind, same address, same device.
bool of_one_group(const ListenSocket& a, const ListenSocket& b) {
    const int left = a.fd.get();
    const int right = b.fd.get();
    const auto same = [&](int name) { return option(left, name) == option(right, name); };
    return a.name == b.name && option(left, SO_REUSEPORT) != 0 && option(right, SO_REUSEPORT) != 0 &&
           same(SO_DOMAIN) && same(SO_TYPE) && same(SO_PROTOCOL) && same(SO_BINDTOIFINDEX) &&
           local_address(left) == local_address(right);
}

bool readable(int fd) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, 0) > 0;
}

}  // namespace

Lanes::Lanes(std::vector<ListenSocket> sockets) : sockets_(std::move(sockets)) {
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        const auto same = [&](const Group& group) {
            return of_one_group(sockets_[group.members.front()], sockets_[i]);
        };
        auto group = std::ranges::find_if(groups_, same);
        if (group == groups_.end())
            group = groups_.insert(group, {option(sockets_[i].fd.get(), SO_TYPE), {}});
        group->members.push_back(i);
        count_ = std::max(count_, static_cast<int>(group->members.size()));
    }
}

Result<Lanes> Lanes::create(std::vector<ListenSocket> sockets) {
    Lanes lanes{std::move(sockets)};
    int first = 0;
    for (int lane = lanes.count_ - 1; lane >= 0; --lane) {
        if (lanes.connections_wait(lane)) first = lane;
    }
    if (auto steered = lanes.steer_connections(first); !steered) return std::unexpected(steered.error());
    if (auto steered = lanes.steer_datagrams(first); !steered) return std::unexpected(steered.error());
    return lanes;
}

const ListenSocket& Lanes::member(const Group& group, int lane) const {
    return sockets_[group.members[static_cast<std::size_t>(lane) % group.members.size()]];
}

std::vector<PassedSocket> Lanes::sockets(int lane) const {
    std::vector<PassedSocket> passed;
    for (const auto& group : groups_) {
        const auto& socket = member(group, lane);
        passed.push_back({socket.fd.get(), socket.name});
    }
    return passed;
}

Result<> Lanes::steer_connections(int lane) {
    if (auto done = steer(lane, SOCK_STREAM); !done) return done;
    steered_ = lane;
    return {};
}

Result<> Lanes::steer_datagrams(int lane) {
    return steer(lane, SOCK_DGRAM);
}

Result<> Lanes::steer(int lane, int type) {
    for (const auto& group : groups_) {
        if (group.type != type || group.members.size() < 2) continue;
        const auto index =
            static_cast<std::uint32_t>(lane) % static_cast<std::uint32_t>(group.members.size());
        sock_filter answer = BPF_STMT(BPF_RET | BPF_K, index);
        const sock_fprog program{.len = 1, .filter = &answer};
        const int fd = sockets_[group.members.front()].fd.get();
        if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) < 0) {
            return fail_errno(std::format("cannot choose between the {} sockets of {}", group.members.size(),
                                          local_address(fd)),
                              errno);
        }
    }
    return {};
}

std::vector<int> Lanes::listeners(int lane) const {
    std::vector<int> fds;
    for (const auto& group : groups_) {
        if (group.type == SOCK_STREAM && group.members.size() > 1)
            fds.push_back(member(group, lane).fd.get());
    }
    return fds;
}

bool Lanes::connections_wait(int lane) const {
    return std::ranges::any_of(listeners(lane), readable);
}

std::vector<std::string> Lanes::shared_addresses() const {
    std::vector<std::string> addresses;
    for (const auto& group : groups_) {
        const int fd = sockets_[group.members.front()].fd.get();
        const bool of_internet = option(fd, SO_DOMAIN) != AF_UNIX;
        if (count_ > 1 && group.members.size() < 2 && of_internet) addresses.push_back(local_address(fd));
    }
    return addresses;
}

}  // namespace rs
