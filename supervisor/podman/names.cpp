#include "supervisor/podman/names.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <format>
#include <ranges>

#include "supervisor/base/file.hpp"

namespace rs {
namespace {

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> binary{};
    return ::inet_pton(AF_INET, text.c_str(), binary.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), binary.data()) == 1;
}

std::string network_of(std::string file_name) {
    constexpr std::string_view kInternal = "%int";
    if (file_name.ends_with(kInternal)) file_name.resize(file_name.size() - kInternal.size());
    return file_name;
}

std::vector<NameServer> all_name_servers(const std::string& directory) {
    std::vector<NameServer> servers;
    std::error_code failed;
    for (std::filesystem::directory_iterator it{directory, failed}, end; !failed && it != end;
         it.increment(failed)) {
        const std::string name = it->path().filename();
        if (name == "aardvark.pid") continue;
        const auto content = read_small_file(it->path());
        std::string address = content ? parse_gateway(*content) : "";
        if (!address.empty()) servers.push_back({network_of(name), std::move(address)});
    }
    std::ranges::sort(servers, {}, &NameServer::network);
    return servers;
}

}  // namespace

std::string parse_gateway(std::string_view aardvark_file) {
    const std::string_view line = aardvark_file.substr(0, aardvark_file.find('\n'));
    const std::string_view gateways = line.substr(0, line.find(' '));
    for (const auto part : std::views::split(gateways, ',')) {
        std::string address{std::string_view{part}};
        if (is_address(address)) return address;
    }
    return {};
}

std::expected<NameServerChoice, Missing> choose_name_server(const std::string& directory,
                                                            const std::string& network) {
    const auto servers = all_name_servers(directory);
    if (network.empty()) {
        if (servers.empty()) {
            return std::unexpected(Missing{"no Podman network has DNS", "a container on a network with DNS"});
        }
        NameServerChoice choice{servers.front(), {}};
        for (const auto& other : servers | std::views::drop(1))
            choice.others.push_back(other.network);
        return choice;
    }
    const auto found = std::ranges::find(servers, network, &NameServer::network);
    if (found == servers.end()) {
        return std::unexpected(Missing{std::format("Podman network '{}' has no DNS", network),
                                       std::format("a container on network '{}'", network)});
    }
    return NameServerChoice{*found, {}};
}

std::string resolv_conf(const NameServer& server) {
    return std::format(
        "# Written by rootless-supervisor: aardvark-dns of Podman network {}.\n"
        "search dns.podman\n"
        "nameserver {}\n",
        server.network, server.address);
}

}  // namespace rs
