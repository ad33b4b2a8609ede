// What a client sends to the control socket: byte for byte, over a connection of its own, to a server that
// other clients use as well.
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-json.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "supervisor/base/fd.hpp"
#include "supervisor/base/loop.hpp"
#include "supervisor/control/server.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using rs::fuzz::require;

class Directory {
  public:
    Directory() { require(::mkdtemp(path_.data()) != nullptr, "mkdtemp(3) works"); }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string socket() const { return path_ + "/control"; }

  private:
    std::string path_ = std::filesystem::temp_directory_path() / "fuzz-control-XXXXXX";
};

// A server that does at once whatever it is asked for.
class Served {
  public:
    Served() {
        auto created = rs::control::Server::create(
            loop_, directory_.socket(),
            {.status = [] { return rs::control::Status{}; },
             .config = [] { return rs::control::ConfigText{}; },
             .explain = [] { return std::vector<rs::control::Check>{}; },
             .ask = [this](rs::control::Verb verb) { server_->answer(verb, nullptr, ""); },
             .learn = [this](std::chrono::microseconds) { server_->answer_lesson(nullptr, "profile", {}); },
             .stop_learning = [] {}});
        require(created.has_value(), "a server can be made");
        server_ = *std::move(created);
    }

    [[nodiscard]] rs::UniqueFd connected() const {
        rs::UniqueFd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        directory_.socket().copy(address.sun_path, sizeof address.sun_path - 1);
        const int r = ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        require(r == 0, "the server listens");
        return client;
    }

    // Until the server has nothing left to do. Returns what the client reads meanwhile.
    std::string run(const rs::UniqueFd& client) {
        std::string read;
        while (sd_event_run(loop_.get(), 0) > 0) {
            std::array<char, 65536> chunk{};
            const ssize_t got = ::recv(client.get(), chunk.data(), chunk.size(), 0);
            if (got > 0) read.append(chunk.data(), static_cast<std::size_t>(got));
        }
        require(sd_event_get_state(loop_.get()) == SD_EVENT_INITIAL, "the loop goes on");
        return read;
    }

  private:
    Directory directory_;
    rs::Loop loop_ = *rs::Loop::create();
    std::unique_ptr<rs::control::Server> server_;
};

struct Unref {
    void operator()(sd_json_variant* json) const { sd_json_variant_unref(json); }
};

// Every answer is a JSON object, the last one whole; how many there are.
std::size_t answers_in(std::string_view read) {
    std::size_t count = 0;
    for (; !read.empty(); ++count) {
        const auto end = read.find('\0');
        require(end != std::string_view::npos, "an answer is sent whole");
        sd_json_variant* parsed = nullptr;
        const int r = sd_json_parse(std::string{read.substr(0, end)}.c_str(), {}, &parsed, nullptr, nullptr);
        const std::unique_ptr<sd_json_variant, Unref> answer{parsed};
        require(r >= 0 && sd_json_variant_is_object(parsed) != 0, "an answer is an object");
        read.remove_prefix(end + 1);
    }
    return count;
}

std::string ask(Served& served, const rs::UniqueFd& client, std::string_view bytes) {
    // The socket takes that much at once; a server that has hung up already is fine.
    [[maybe_unused]] const ssize_t sent = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return served.run(client);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Served served;
    constexpr std::size_t kAtOnce = 65536;
    {
        const auto client = served.connected();
        answers_in(ask(served, client, rs::fuzz::text_of(data, std::min(size, kAtOnce))));
    }
    using namespace std::string_view_literals;
    const auto another = served.connected();
    const auto answer = ask(served, another, "{\"method\":\"io.rootless.Supervisor.GetStatus\"}\0"sv);
    require(answers_in(answer) == 1, "another client gets its answer");
    require(answer.starts_with("{\"parameters\":{\"status\":"), "another client gets the status");
    return 0;
}
