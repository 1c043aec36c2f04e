#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/locksmith_core/windows.hpp"

/// What a group keeps in the store beside its policy, as JSON. Reading takes anything: what is missing or of another type is empty.
/// Times are by the writer's clock, for people; nothing is decided by them.
namespace conclave::locksmith {

/// Letters, digits and ".-_", at most 128 of them.
[[nodiscard]] bool is_machine_id(std::string_view text);

/// Who wants to reboot, or has a slot for it.
struct Claim {
  std::string machine;
  std::string boot;  ///< the id of the boot when it asked; empty if nobody knows
  std::string host;
  std::string reason;
  std::string by;             ///< which program: "locksmithd", "locksmithctl", "fleetlock"
  std::int64_t priority = 0;  ///< a higher one comes first, where the group goes by it
  WallMillis at = 0;
  WallMillis deadline = 0;    ///< of a slot: after which it is overdue; zero: never
  bool auto_release = false;  ///< of a slot: there is a key that ends when the slot may be taken away
  /// Of a slot: how often its machine asked for one while it had this. Whoever was told that it has the slot has changed the
  /// record, so that who took it without hearing so does not give it back.
  std::int64_t taken_again = 0;
  bool operator==(const Claim&) const = default;
};
/// The names are those of a reboot lock's slot and of a place in a queue.
[[nodiscard]] std::string to_json(const Claim& claim);
[[nodiscard]] Claim claim_from_json(std::string_view text);

/// What a machine tells of itself while its daemon lives.
struct Presence {
  std::string host;
  std::string boot;
  std::string state;  ///< of the daemon, as in docs: "idle", "queueing", "draining", ...
  std::string detail;
  bool healthy = true;
  WallMillis since = 0;  ///< this state
  bool operator==(const Presence&) const = default;
};
[[nodiscard]] std::string to_json(const Presence& presence);
[[nodiscard]] Presence presence_from_json(std::string_view text);

/// A person's or program's wish that a machine reboots.
struct Wish {
  std::string reason;
  std::string by;
  std::int64_t priority = 0;
  WallMillis at = 0;
  bool operator==(const Wish&) const = default;
};
[[nodiscard]] std::string to_json(const Wish& wish);
[[nodiscard]] Wish wish_from_json(std::string_view text);

enum class Deed : std::uint8_t {
  took,           ///< a slot
  released,       ///< after the reboot, in good health
  returned,       ///< without having rebooted
  unlocked,       ///< a person's word, while nobody looked after it
  evicted,        ///< a person's word, whatever it was doing
  auto_released,  ///< it stayed away for too long
  paused,
  resumed,
  changed,  ///< the policy
  wished,   ///< that a machine reboots
  forgot,   ///< a machine
};
[[nodiscard]] std::string_view name_of(Deed deed);

/// One line of a group's history.
struct Entry {
  WallMillis at = 0;
  Deed deed = Deed::took;
  std::string machine;
  std::string host;
  std::string detail;
  std::string by;
  bool operator==(const Entry&) const = default;
};
[[nodiscard]] std::string to_json(const Entry& entry);
/// Nothing if it is none.
[[nodiscard]] std::optional<Entry> entry_from_json(std::string_view text);

}  // namespace conclave::locksmith
