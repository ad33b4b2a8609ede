// The system calls that one proxy was refused: counted, and put into words for whoever has to decide about
// them.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.hpp"
#include "policy/resolve.hpp"

namespace rs {

class Refusals {
  public:
    // So many different ones are told; a proxy that is made to try everything must not fill the journal.
    static constexpr std::size_t kTold = 32;

    struct Verdict {
        int code;                           // errno to answer with
        std::string call{};                 // its name, or its number where it has none
        std::optional<std::string> line{};  // of the first of its kind
    };

    // `denied` is deny of [policy].
    Refusals(std::string profile, policy::ResolvedPolicy policy, std::vector<std::string> denied)
        : profile_(std::move(profile)), policy_(std::move(policy)), denied_(std::move(denied)) {}

    Verdict judge(const seccomp_data& call);

    [[nodiscard]] std::int64_t total() const { return total_; }
    // "chroot 3 times, socket (AF_PACKET, 3, 768) once"; empty if nothing was refused more than once.
    [[nodiscard]] std::string repeated() const;

  private:
    [[nodiscard]] std::string line_for(const std::string& name, const seccomp_data& call, int code) const;
    [[nodiscard]] std::string remedy(const std::string& name, const seccomp_data& call) const;

    std::string profile_;
    policy::ResolvedPolicy policy_;
    std::vector<std::string> denied_;
    std::map<std::string, std::int64_t> counts_;
    std::int64_t total_ = 0;
};

}  // namespace rs
