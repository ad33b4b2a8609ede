// Two proxies at once, each with listening sockets of its own at the same addresses.
//
// Where a socket unit lists each address twice and says ReusePort=yes, the n-th sockets of all addresses make
// lane n. A successor gets another lane than the proxy that serves, and then the new connections are steered
// to it: at no moment do two processes accept from one socket, and one that is asked to stop has no
// connection on its way to it any more. With each address listed once there is one lane, which all proxies
// share.
//
// socket(7), SO_ATTACH_REUSEPORT_CBPF: the program returns the index of a socket within its group, in the
// order in which they were bound (UDP) or began to listen (TCP). systemd opens the sockets of a unit in the
// order of the unit file, passes them in that order, and keeps them open, so the indices stay as they are.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "supervisor/base/error.hpp"
#include "supervisor/launch/sockets.hpp"

namespace rs {

class Lanes {
  public:
    // Steers to where connections wait already, else to the first lane. Errors: the kernel refuses to steer.
    static Result<Lanes> create(std::vector<ListenSocket> sockets);

    [[nodiscard]] int count() const { return count_; }
    // Where new connections go.
    [[nodiscard]] int steered() const { return steered_; }

    // What a proxy in this lane gets, in the order of the socket units. Valid as long as the Lanes.
    [[nodiscard]] std::vector<PassedSocket> sockets(int lane) const;

    // New connections go to this lane from now on. Datagrams stay where they are: the proxy that they belong
    // to can still answer them.
    Result<> steer_connections(int lane);
    Result<> steer_datagrams(int lane);

    // Sockets of this lane alone that connections may wait at. It is readable while one does.
    [[nodiscard]] std::vector<int> listeners(int lane) const;

    // Addresses that are listed once while others are listed more often.
    [[nodiscard]] std::vector<std::string> shared_addresses() const;

  private:
    // The sockets of one address.
    struct Group {
        int type;  // SOCK_STREAM, SOCK_DGRAM, …
        std::vector<std::size_t> members;
    };

    explicit Lanes(std::vector<ListenSocket> sockets);
    [[nodiscard]] const ListenSocket& member(const Group& group, int lane) const;
    [[nodiscard]] bool connections_wait(int lane) const;
    Result<> steer(int lane, int type);

    std::vector<ListenSocket> sockets_;
    std::vector<Group> groups_;
    int count_ = 1;
    int steered_ = 0;
};

}  // namespace rs
