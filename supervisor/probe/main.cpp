// rootless-supervisor-probe: one health check. Exits with 0 if the target is well; with 1 and the reason in
// one line on stderr if it is not; with 64 (EX_USAGE) for arguments that make no sense.
//
// A program of its own because the supervisor runs it in the proxy's place: in Podman's network, under the
// proxy's system call filter, without capabilities. Nothing that it is answered can harm the supervisor then.
#include <arpa/inet.h>
#include <curl/curl.h>

#include <array>
#include <cstdio>
#include <exception>
#include <format>
#include <memory>
#include <string>
#include <string_view>

#include "supervisor/base/error.hpp"
#include "supervisor/base/exit_status.hpp"
#include "supervisor/probe/options.hpp"

namespace rs {
namespace {

// More of a body is not waited for: the status is known by then.
constexpr std::size_t kBodyMax = 64U << 10U;

struct Cleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURL, Cleanup>;

struct Target {
    bool tcp = false;
    std::string url;    // for curl
    std::string shown;  // for people
};

Target target_of(const ProbeOptions& options) {
    constexpr std::string_view kTcp = "tcp://";
    const std::string_view given = options.target;
    const std::string where = options.unix_socket.empty() ? "" : " on " + options.unix_socket;
    if (!given.starts_with(kTcp))
        return {.tcp = false, .url = options.target, .shown = "GET " + options.target + where};
    const std::string address{given.substr(kTcp.size())};
    return {.tcp = true, .url = "http://" + address, .shown = "TCP " + address};
}

bool is_loopback(const std::string& host) {
    in_addr address{};
    if (::inet_pton(AF_INET, host.c_str(), &address) == 1)
        return ntohl(address.s_addr) >> 24U == IN_LOOPBACKNET;
    return host == "[::1]" || host == "localhost" || host.ends_with(".localhost");
}

std::string host_of(const std::string& url) {
    const std::unique_ptr<CURLU, Cleanup> parsed{curl_url()};
    char* host = nullptr;
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
    if (curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, Cleanup> owned{host};
    return host;
}

std::size_t discard(char*, std::size_t, std::size_t size, void* userdata) {
    auto& received = *static_cast<std::size_t*>(userdata);
    received += size;
    return received <= kBodyMax ? size : CURL_WRITEFUNC_ERROR;
}

template <class Value>
void set(const Handle& handle, CURLoption option, Value value) {
    // Fails only for a libcurl without the feature; the transfer then says so.
    curl_easy_setopt(handle.get(), option, value);
}

void prepare(const Handle& handle, const ProbeOptions& options, const Target& target, std::size_t* received) {
    set(handle, CURLOPT_URL, target.url.c_str());
    set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout_ms));
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_PROXY, "");  // whatever http_proxy= says
    set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle, CURLOPT_USERAGENT, "rootless-supervisor-probe/" RS_VERSION);
    set(handle, CURLOPT_WRITEFUNCTION, discard);
    set(handle, CURLOPT_WRITEDATA, static_cast<void*>(received));
    if (target.tcp) set(handle, CURLOPT_CONNECT_ONLY, 1L);
    const bool local_socket = !options.unix_socket.empty();
    if (local_socket) set(handle, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
    // The proxy's certificate is for its public name and often from an authority of its own. On the way to
    // this host itself nobody can step in between, and the question is whether the proxy serves, not who it
    // is.
    if (local_socket || is_loopback(host_of(target.url))) {
        set(handle, CURLOPT_SSL_VERIFYPEER, 0L);
        set(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

std::string reason_of(const Handle& handle, CURLcode result, const ProbeOptions& options,
                      const char* details) {
    long code = 0;
    curl_off_t connected_after = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_OS_ERRNO, &code);
    curl_easy_getinfo(handle.get(), CURLINFO_CONNECT_TIME_T, &connected_after);
    if (result == CURLE_OPERATION_TIMEDOUT) {
        return std::format("no {} within {} ms", connected_after == 0 ? "connection" : "answer",
                           options.timeout_ms);
    }
    if (result == CURLE_COULDNT_CONNECT && code != 0) return rs::reason_of(static_cast<int>(code));
    return *details != '\0' ? details : curl_easy_strerror(result);
}

// Empty when the target is well.
std::string trouble_with(const ProbeOptions& options, const Target& target) {
    const Handle handle{curl_easy_init()};
    if (!handle) return "cannot initialise libcurl";
    std::size_t received = 0;
    std::array<char, CURL_ERROR_SIZE> details{};
    prepare(handle, options, target, &received);
    set(handle, CURLOPT_ERRORBUFFER, details.data());

    const CURLcode result = curl_easy_perform(handle.get());
    const bool enough = result == CURLE_WRITE_ERROR && received > kBodyMax;
    if (result != CURLE_OK && !enough) return reason_of(handle, result, options, details.data());
    if (target.tcp) return {};
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    if (options.expect != 0 && status != options.expect) {
        return std::format("status {}, expected {}", status, options.expect);
    }
    if (options.expect == 0 && status >= 400) return std::format("status {}", status);
    return {};
}

}  // namespace
}  // namespace rs

int main(int argc, char** argv) try {
    const auto options = rs::parse_probe_options(argc, argv);
    if (!options) return rs::to_int(rs::ExitStatus::usage);
    const rs::Target target = rs::target_of(*options);
    const std::string trouble = rs::trouble_with(*options, target);
    if (trouble.empty()) return rs::to_int(rs::ExitStatus::ok);
    std::fputs((target.shown + ": " + trouble + "\n").c_str(), stderr);
    return rs::to_int(rs::ExitStatus::failure);
} catch (const std::exception& failure) {
    std::fprintf(stderr, "rootless-supervisor-probe: %s\n", failure.what());
    return rs::to_int(rs::ExitStatus::os_error);
}
