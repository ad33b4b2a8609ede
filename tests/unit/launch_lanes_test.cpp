// With real sockets on the loopback, opened in the order in which systemd opens those of a socket unit.
#include "supervisor/launch/lanes.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>

namespace rs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kPatience = 5'000;  // ms

sockaddr_in loopback(in_port_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = port;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

sockaddr* generic(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

in_port_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd, generic(address), &size), 0);
    return address.sin_port;
}

ListenSocket bound(int type, in_port_t port = 0, bool shared = true, std::string name = "a.socket") {
    UniqueFd fd{::socket(AF_INET, type | SOCK_CLOEXEC, 0)};
    const int on = shared ? 1 : 0;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in address = loopback(port);
    EXPECT_EQ(::bind(fd.get(), generic(address), sizeof address), 0);
    if (type == SOCK_STREAM) {
        EXPECT_EQ(::listen(fd.get(), 16), 0);
    }
    return {std::move(fd), std::move(name)};
}

// One address, as often as that.
std::vector<ListenSocket> alike(int type, int times) {
    std::vector<ListenSocket> sockets;
    sockets.push_back(bound(type));
    while (static_cast<int>(sockets.size()) < times)
        sockets.push_back(bound(type, port_of(sockets.front().fd.get())));
    return sockets;
}

void append(std::vector<ListenSocket>& all, std::vector<ListenSocket> more) {
    for (auto& socket : more)
        all.push_back(std::move(socket));
}

UniqueFd connected(int type, in_port_t port) {
    UniqueFd client{::socket(AF_INET, type | SOCK_CLOEXEC, 0)};
    sockaddr_in address = loopback(port);
    EXPECT_EQ(::connect(client.get(), generic(address), sizeof address), 0);
    if (type == SOCK_DGRAM) {
        EXPECT_EQ(::send(client.get(), "x", 1, 0), 1);
    }
    return client;
}

bool something_at(int fd) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, kPatience) == 1;
}

std::vector<int> fds(const std::vector<PassedSocket>& sockets) {
    std::vector<int> numbers;
    for (const auto& socket : sockets)
        numbers.push_back(socket.fd);
    return numbers;
}

TEST(Lanes, AreOneWhereEachAddressIsListedOnce) {
    std::vector<ListenSocket> sockets;
    append(sockets, alike(SOCK_STREAM, 1));
    append(sockets, alike(SOCK_DGRAM, 1));
    const std::vector<int> all{sockets[0].fd.get(), sockets[1].fd.get()};
    const auto lanes = Lanes::create(std::move(sockets));
    ASSERT_TRUE(lanes);
    EXPECT_EQ(lanes->count(), 1);
    EXPECT_EQ(fds(lanes->sockets(0)), all);
    EXPECT_THAT(lanes->listeners(0), IsEmpty());
    EXPECT_THAT(lanes->shared_addresses(), IsEmpty());
}

TEST(Lanes, GiveEachProxyOneSocketOfEachAddressInTheUnitsOrder) {
    std::vector<ListenSocket> sockets;
    append(sockets, alike(SOCK_STREAM, 2));
    append(sockets, alike(SOCK_DGRAM, 2));
    sockets.push_back(bound(SOCK_STREAM, 0, false));
    std::vector<int> fd;
    for (const auto& socket : sockets)
        fd.push_back(socket.fd.get());
    const std::string single = local_address(fd[4]);

    const auto lanes = Lanes::create(std::move(sockets));
    ASSERT_TRUE(lanes);
    EXPECT_EQ(lanes->count(), 2);
    EXPECT_THAT(fds(lanes->sockets(0)), ElementsAre(fd[0], fd[2], fd[4]));
    EXPECT_THAT(fds(lanes->sockets(1)), ElementsAre(fd[1], fd[3], fd[4]));
    EXPECT_THAT(lanes->listeners(1), ElementsAre(fd[1]));
    EXPECT_THAT(lanes->shared_addresses(), ElementsAre(single));
}

TEST(Lanes, AreNotMadeOfSocketsOfDifferentUnits) {
    std::vector<ListenSocket> sockets = alike(SOCK_STREAM, 1);
    sockets.push_back(bound(SOCK_STREAM, port_of(sockets.front().fd.get()), true, "b.socket"));
    const auto lanes = Lanes::create(std::move(sockets));
    ASSERT_TRUE(lanes);
    EXPECT_EQ(lanes->count(), 1);
}

class SteeredTo : public testing::TestWithParam<int> {};

TEST_P(SteeredTo, EveryConnectionAndEveryDatagramGoesToThatLane) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
        auto sockets = alike(type, 3);
        const in_port_t port = port_of(sockets.front().fd.get());
        auto lanes = Lanes::create(std::move(sockets));
        ASSERT_TRUE(lanes);
        ASSERT_TRUE(lanes->steer_connections(GetParam()));
        ASSERT_TRUE(lanes->steer_datagrams(GetParam()));
        EXPECT_EQ(lanes->steered(), GetParam());
        const int there = lanes->sockets(GetParam()).front().fd;
        for (int i = 0; i < 10; ++i) {
            const UniqueFd client = connected(type, port);
            ASSERT_TRUE(something_at(there));
            char byte = 0;
            if (type == SOCK_STREAM) {
                const UniqueFd accepted{::accept4(there, nullptr, nullptr, SOCK_CLOEXEC)};
                ASSERT_TRUE(accepted);
            } else {
                ASSERT_EQ(::recv(there, &byte, 1, 0), 1);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Lanes, SteeredTo, testing::Values(0, 1, 2));

TEST(Lanes, BeginWhereAConnectionWaits) {
    auto sockets = alike(SOCK_STREAM, 2);
    const in_port_t port = port_of(sockets.front().fd.get());
    const int second = sockets[1].fd.get();
    std::vector<ListenSocket> ours;
    for (auto& socket : sockets)
        ours.push_back({UniqueFd{::dup(socket.fd.get())}, socket.name});
    auto before = Lanes::create(std::move(sockets));
    ASSERT_TRUE(before && before->steer_connections(1));
    const UniqueFd client = connected(SOCK_STREAM, port);
    ASSERT_TRUE(something_at(second));

    const auto after = Lanes::create(std::move(ours));
    ASSERT_TRUE(after);
    EXPECT_EQ(after->steered(), 1);
}

TEST(LocalAddress, IsWrittenAsSsDoes) {
    const ListenSocket ipv4 = bound(SOCK_STREAM);
    EXPECT_EQ(local_address(ipv4.fd.get()), "127.0.0.1:" + std::to_string(ntohs(port_of(ipv4.fd.get()))));

    const UniqueFd local{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(local_address(local.get()), "");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "rootless-supervisor-test-" + std::to_string(::getpid());
    name.copy(address.sun_path + 1, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    ASSERT_EQ(::bind(local.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(local_address(local.get()), "@" + name);
}

}  // namespace
}  // namespace rs
