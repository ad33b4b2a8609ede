// A server for one test: gives the same answer to whatever it is asked, on a loopback port or a Unix socket.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <format>
#include <string>
#include <thread>
#include <utility>

#include "supervisor/base/fd.hpp"

namespace rs {

class HttpServer {
  public:
    // `path`: of a Unix socket; empty: a port of 127.0.0.1 that is free.
    explicit HttpServer(std::string answer, const std::string& path = {}) : answer_(std::move(answer)) {
        path.empty() ? listen_on_loopback() : listen_on(path);
        EXPECT_EQ(::listen(socket_.get(), 16), 0);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~HttpServer() {
        stopping_ = true;
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] std::string address() const { return std::format("127.0.0.1:{}", port_); }
    [[nodiscard]] std::string url() const { return "http://" + address() + "/"; }
    void keep_talking() { endless_ = true; }

    static std::string with_status(int status, const std::string& more_headers = {}) {
        return std::format("HTTP/1.1 {} X\r\nContent-Length: 2\r\nConnection: close\r\n{}\r\nhi", status,
                           more_headers);
    }

  private:
    void listen_on_loopback() {
        socket_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), any, size), 0);
        EXPECT_EQ(::getsockname(socket_.get(), any, &size), 0);
        port_ = ntohs(address.sin_port);
    }

    void listen_on(const std::string& path) {
        socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }

    void serve() {
        while (!stopping_) {
            const UniqueFd client{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            if (!client) continue;
            std::array<char, 4096> request{};
            if (::recv(client.get(), request.data(), request.size(), 0) <= 0) continue;
            while (!answer_.empty() &&
                   ::send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL) > 0 && endless_) {
            }
            // Without an answer the client decides how long that takes.
            if (answer_.empty()) ::recv(client.get(), request.data(), request.size(), 0);
        }
    }

    std::string answer_;
    std::atomic<bool> endless_ = false;
    std::atomic<bool> stopping_ = false;
    UniqueFd socket_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace rs
