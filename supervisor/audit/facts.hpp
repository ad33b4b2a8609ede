// What the kernel tells about a live process: plain data, read by look.cpp and held against the promise by
// compare.cpp.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rs::audit {

// Bit masks, as in /proc/PID/status (proc_pid_status(5)).
struct CapabilitySets {
    std::uint64_t inheritable = 0, permitted = 0, effective = 0, bounding = 0, ambient = 0;
    bool operator==(const CapabilitySets&) const = default;
};

// Of a thread. Ids are those that the reader's user namespace shows.
struct Confinement {
    pid_t parent = -1;
    std::array<uid_t, 4> uids{};  // real, effective, saved, file system
    std::array<gid_t, 4> gids{};
    std::vector<gid_t> groups{};
    CapabilitySets capabilities{};
    bool no_new_privileges = false;
    int filters = -1;  // negative: this kernel does not tell (Linux 5.9)
    bool operator==(const Confinement&) const = default;
};

struct Mount {
    int id = 0;
    int parent = 0;  // the id of the mount that it is mounted on
    std::string point;
    std::string type;
    bool writable = false;  // neither the mount nor its file system is read-only
};

struct Listener {
    std::string protocol;  // "stream", "datagram", "seqpacket"
    std::string address;   // as control/listener.hpp has it
    std::optional<std::uint16_t> tcp_port;
};

struct Descriptor {
    int number = -1;
    std::string leads_to;  // the link in /proc/PID/fd
    int mount = -1;        // mnt_id of proc_pid_fdinfo(5)
    bool device = false;
    std::optional<Listener> listener{};  // nothing also where the descriptor could not be asked
};

// Those of one thread, in the order in which they were loaded: the unit's first.
struct Filters {
    std::vector<std::vector<sock_filter>> programs;
    std::chrono::microseconds stopped{};  // for so long the thread stood still
};

struct Facts {
    pid_t pid = -1;
    std::string program;  // as the kernel shows it (comm)
    Confinement main;
    // Every thread of it and of its descendants, and those of them that are not confined as its first one is:
    // "9 (nginx)".
    std::size_t threads = 0, processes = 0;
    std::vector<std::string> strays;
    std::map<std::string, std::string> namespaces;  // "net": "net:[4026532312]"
    std::string uid_map, gid_map;                   // "0 1000 1; 1 100000 65536"
    std::string label;                              // of the LSM; empty: none
    std::optional<bool> dumpable;
    std::vector<Mount> mounts;
    std::vector<Descriptor> descriptors;
    // One line for each thing that could not be read.
    std::vector<std::string> unread;
};

}  // namespace rs::audit
