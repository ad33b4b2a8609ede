#include "supervisor/ctl/gather.hpp"

#include <dirent.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <format>
#include <iterator>
#include <memory>
#include <optional>

#include "supervisor/base/file.hpp"
#include "supervisor/ctl/ask.hpp"
#include "supervisor/ctl/checks.hpp"
#include "supervisor/ctl/command.hpp"
#include "supervisor/ctl/configured.hpp"
#include "supervisor/ctl/decode.hpp"
#include "supervisor/ctl/link.hpp"
#include "supervisor/ctl/units.hpp"
#include "supervisor/ctl/verbs.hpp"

namespace rs::ctl {
namespace {

constexpr std::chrono::seconds kTimeout{10};

struct User {
    std::string name;
    unsigned uid = 0;
    unsigned gid = 0;
    std::string runtime_dir;
};

Check cannot_tell(std::string what, std::string evidence) {
    return {std::move(what), std::nullopt, std::move(evidence), std::nullopt};
}

// A text that counts as empty where the file cannot be read: the checks say what is missing from it.
std::string text_of(const std::string& path) {
    return read_small_file(path).value_or("");
}

class Gathering {
  public:
    explicit Gathering(std::string name) : name_(std::move(name)), configured_(configured(name_)) {}

    std::vector<Check> all() {
        add(checks::configuration(configured_));
        ask_supervisor();
        look_at_unit();
        if (user_) look_at_user(*user_);
        // A supervisor that runs knows Podman better than a look from outside.
        if (user_ && !answered_) look_at_podman(*user_);
        look_at_program();
        std::ranges::move(told_, std::back_inserter(checks_));
        return std::move(checks_);
    }

  private:
    void add(Check check) { checks_.push_back(std::move(check)); }

    void ask_supervisor();
    void look_at_unit();
    void look_at_sockets(Manager& system, const UnitFacts& unit);
    void look_at_user(const User& user);
    void look_at_podman(const User& user);
    void look_at_units_of(const User& user);
    void look_at_program();
    void find_user(const std::string& name);

    std::string name_;
    Configured configured_;
    std::optional<User> user_;
    std::optional<Status> status_;
    bool answered_ = false;
    std::vector<Check> checks_;
    std::vector<Check> told_;  // by the supervisor
};

void Gathering::ask_supervisor() {
    const Answer answer = ask_status(Target{"", name_}, true);
    if (!answer.asked.status) {
        const bool denied = answer.asked.reason == reason_of(EACCES);
        Check check{"supervisor", denied ? std::nullopt : std::optional{false},
                    std::format("{}: {}", answer.asked.state, answer.asked.reason), std::nullopt};
        if (denied) check.remedy = std::format("sudo supervisorctl explain {}", name_);
        told_.push_back(std::move(check));
        return;
    }
    status_ = answer.asked.status;
    told_.push_back({"supervisor", true,
                     std::format("answers: {}; {}", name_of(status_->state), status_->status_text),
                     std::nullopt});

    auto link = Link::connect(Target{"", name_});
    const auto reply =
        link ? link->call("Explain", kTimeout) : std::expected<Json, Failure>{std::unexpected(link.error())};
    const auto theirs = reply ? decode_checks(reply->get()) : Result<std::vector<Check>>{fail("no answer")};
    if (!theirs) {
        told_.push_back(cannot_tell("checks of the supervisor", theirs.error().message));
        told_.push_back(checks::configuration_taken(*status_));
        return;
    }
    answered_ = true;
    std::ranges::copy(*theirs, std::back_inserter(told_));
}

void Gathering::look_at_unit() {
    const std::string unit = name_ + ".service";
    auto system = Manager::system();
    const auto facts = system ? system->unit(unit) : Result<UnitFacts>{std::unexpected(system.error())};
    const auto service = facts ? system->service(unit) : Result<ServiceFacts>{std::unexpected(facts.error())};
    if (!service) return add(cannot_tell("unit " + unit, service.error().message));
    add(checks::service(name_, *facts, *service));
    if (facts->load != "loaded") return;

    find_user(service->user);
    if (user_) {
        for (Check& check : checks::settings(name_, *service, user_->runtime_dir))
            add(std::move(check));
    }
    look_at_sockets(*system, *facts);
    if (!user_) return;
    const auto manager = system->unit(std::format("user@{}.service", user_->uid));
    if (manager) add(checks::user_manager(user_->name, user_->uid, *manager));
}

void Gathering::look_at_sockets(Manager& system, const UnitFacts& unit) {
    bool any = false;
    for (const std::string& trigger : unit.triggered_by) {
        if (!trigger.ends_with(".socket")) continue;
        any = true;
        const auto facts = system.unit(trigger);
        add(facts ? checks::socket(trigger, *facts) : cannot_tell("unit " + trigger, facts.error().message));
    }
    if (status_ && !answered_) add(checks::sockets_passed(*status_, any));
}

void Gathering::find_user(const std::string& name) {
    const std::string wanted = name.empty() ? "root" : name;
    const bool number = std::ranges::all_of(wanted, [](char c) { return c >= '0' && c <= '9'; });
    const passwd* entry =
        number ? ::getpwuid(static_cast<uid_t>(std::stoul(wanted))) : ::getpwnam(wanted.c_str());
    if (entry == nullptr) {
        return add({std::format("user {}", wanted), false, "there is no such user",
                    std::format("useradd --create-home {}", wanted)});
    }
    const std::string runtime_dir = configured_.runtime_dir.empty()
                                        ? std::format("/run/user/{}", entry->pw_uid)
                                        : configured_.runtime_dir;
    user_ = User{entry->pw_name, entry->pw_uid, entry->pw_gid, runtime_dir};
}

void Gathering::look_at_user(const User& user) {
    if (user.uid == 0) return;
    std::error_code ignored;
    add(checks::lingering(user.name,
                          std::filesystem::exists("/var/lib/systemd/linger/" + user.name, ignored)));
    const bool elsewhere = text_of("/etc/nsswitch.conf").contains("\nsubid:");
    add(checks::subordinate_ids(user.name, user.uid, text_of("/etc/subuid"), text_of("/etc/subgid"),
                                elsewhere));
}

std::optional<int> pid_in(const std::string& text) {
    int pid = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (read.ec != std::errc{} || pid <= 1) return std::nullopt;
    return pid;
}

std::vector<std::string> files_in(const std::string& directory) {
    const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> open{
        ::opendir(directory.c_str())};
    std::vector<std::string> names;
    while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
        const std::string name = entry->d_name;
        // aardvark-dns keeps its own pid there too.
        if (!name.starts_with('.') && name != "aardvark.pid") names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

void Gathering::look_at_units_of(const User& user) {
    if (configured_.wait_for.empty()) return;
    auto manager = Manager::of_user(user.runtime_dir);
    for (const std::string& unit : configured_.wait_for) {
        const auto facts =
            manager ? manager->unit(unit) : Result<UnitFacts>{std::unexpected(manager.error())};
        const std::string what = std::format("unit {} of user {}", unit, user.name);
        add(facts ? checks::wait_for(user.name, unit, *facts) : cannot_tell(what, facts.error().message));
    }
}

void Gathering::look_at_podman(const User& user) {
    look_at_units_of(user);
    const std::string what = std::format("Podman of user {}", user.name);
    const auto file = read_small_file(user.runtime_dir + "/libpod/tmp/pause.pid");
    if (!file && file.error().code == EACCES)
        return add(cannot_tell(what, "only root and the user may look; sudo supervisorctl explain does"));
    const auto pid = file ? pid_in(*file) : std::nullopt;
    const bool alive = pid && (::access(std::format("/proc/{}", *pid).c_str(), F_OK) == 0);
    if (!alive) {
        return add({what, false, "no podman command has run since the user's last login or boot",
                    std::format("systemd-run --user --machine={}@ --wait podman ps", user.name)});
    }
    add({what, true, std::format("its pause process is {}", *pid), std::nullopt});

    // As the pause process sees it: Podman mounts the network where only its own processes look.
    const std::string runroot =
        configured_.runroot.empty() ? user.runtime_dir + "/containers" : configured_.runroot;
    const std::string root = std::format("/proc/{}/root", *pid);
    if (::access((root + "/").c_str(), X_OK) != 0)
        return add(cannot_tell("names of containers", "only root may look; sudo supervisorctl explain does"));
    add(checks::name_service(configured_, files_in(root + runroot + "/networks/aardvark-dns")));
}

void Gathering::look_at_program() {
    if (configured_.command.empty()) return;
    const std::string& program = configured_.command.front();
    if (::access(program.c_str(), X_OK) != 0) {
        return add({"program of the proxy", false, std::format("{}: {}", program, reason_of(errno)),
                    std::format("install it, or change proxy.command in {}", configured_.file)});
    }
    if (std::filesystem::path{program}.filename() != "caddy") return;
    std::vector<std::string> command;
    // Not as root: it is only asked for its version.
    if (::geteuid() == 0 && user_) {
        command = {"setpriv", std::format("--reuid={}", user_->uid), std::format("--regid={}", user_->gid),
                   "--clear-groups", "--no-new-privs"};
    }
    command.insert(command.end(), {program, "version"});
    const auto ended = run(command);
    if (!ended) return add(cannot_tell("version of Caddy", ended.error().message));
    add(checks::caddy_version(program, ended->out));
}

}  // namespace

std::vector<Check> gather_checks(const std::string& name) {
    return Gathering{name}.all();
}

}  // namespace rs::ctl
