#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What locksmithctl shows, as values: texts may be anything that other machines wrote, times are milliseconds since 1970.
namespace conclave::locksmith::report {

struct HolderView {
  std::string machine;
  std::string host;
  std::string reason;
  std::string boot;  ///< under which it took the slot
  std::int64_t since_ms = 0;
  std::optional<std::int64_t> deadline_ms;  ///< past it the holder is overdue
  std::uint64_t token = 0;                  ///< fencing token: the create revision of its slot
  std::string state;                        ///< what its daemon said last, in a word; empty: nothing
  bool own = false;                         ///< this machine
  [[nodiscard]] bool overdue(std::int64_t now_ms) const { return deadline_ms && *deadline_ms < now_ms; }
};

struct WaiterView {
  std::string machine;
  std::string host;
  std::string reason;
  std::int64_t since_ms = 0;
  std::uint64_t priority = 0;
  bool own = false;
};

/// Whether the policy's windows let machines reboot.
struct WindowView {
  bool open = true;
  std::optional<std::int64_t> changes_ms;  ///< when that changes next; nothing: never
};

struct PauseView {
  std::string by;
  std::string reason;
  std::int64_t since_ms = 0;  ///< zero: not known
};

struct GroupView {
  std::string name;
  bool exists = true;  ///< false: nobody used it yet; the figures are what it would begin with
  std::uint64_t revision = 0;
  std::uint64_t slots = 0;
  std::string slots_rule;  ///< "25%" where the policy has a share of the known machines
  std::uint64_t machines = 0;
  std::optional<PauseView> paused;
  std::string frozen;  ///< why no slot is given though some are free; empty: it is not frozen
  std::optional<WindowView> window;
  std::vector<HolderView> holders;  ///< oldest first
  std::vector<WaiterView> waiters;  ///< in the order of their turns

  [[nodiscard]] std::uint64_t free() const { return holders.size() < slots ? slots - holders.size() : 0; }
  [[nodiscard]] std::uint64_t over_committed() const { return holders.size() > slots ? holders.size() - slots : 0; }
  [[nodiscard]] std::uint64_t overdue(std::int64_t now_ms) const;
};

struct HistoryView {
  std::uint64_t revision = 0;
  std::int64_t at_ms = 0;
  std::string event;  ///< "locked", "released", "evicted", ...
  std::string machine;
  std::string host;
  std::string by;
  std::string detail;
};

struct MachineView {
  std::string machine;
  std::string host;
  std::string state;  ///< in a word: "idle", "waiting", "rebooting", ...
  std::string boot;
  std::int64_t seen_ms = 0;
  bool healthy = true;
  bool needs_reboot = false;
  std::string detail;
};

/// A policy's settings, as they are written on the command line: name and value.
using Settings = std::vector<std::pair<std::string, std::string>>;

}  // namespace conclave::locksmith::report
