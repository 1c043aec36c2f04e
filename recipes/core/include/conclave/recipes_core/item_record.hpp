#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/base/result.hpp"
#include "conclave/client/types.hpp"

namespace conclave::recipes::core {

/// Priorities go from 0 to this; the greater comes first.
inline constexpr unsigned priority_max = 99;

/// What is written about an item of a work queue, as JSON; the item itself stands apart.
struct ItemRecord {
  std::string item;  ///< its id
  unsigned priority = 0;
  std::uint64_t attempts = 0;  ///< how often it was handed out
  std::uint64_t attempts_max = 5;
  std::string place;           ///< its name among those that wait, once it had one
  std::string owner;           ///< who pushed it
  std::int64_t at_millis = 0;  ///< when, since 1970, by that one's clock: for people
  std::string error;           ///< why it came back or is dead
  bool operator==(const ItemRecord&) const = default;
};
[[nodiscard]] std::string to_json(const ItemRecord& record);
/// Nothing if it is none: without an id, or with one that is not allowed.
[[nodiscard]] std::optional<ItemRecord> item_from_json(std::string_view text);

/// 1 to 128 bytes, no slash, no control characters.
[[nodiscard]] Result<void> check_item_id(std::string_view id);

/// Where a queue keeps what; docs/recipes.md.
struct QueueKeys {
  std::string directory;  ///< ends in "//"

  [[nodiscard]] std::string item(std::string_view id) const { return directory + "item/" + std::string(id); }
  [[nodiscard]] std::string ready() const { return directory + "ready/"; }
  /// What the server completes with a number; ready() orders by priority, then by that number.
  [[nodiscard]] std::string ready(unsigned priority) const;
  [[nodiscard]] std::string held() const { return directory + "held/"; }
  [[nodiscard]] std::string held_items() const { return directory + "held/item/"; }
  [[nodiscard]] std::string held_item(std::string_view id) const { return held_items() + std::string(id); }
  [[nodiscard]] std::string claims() const { return directory + "held/claim/"; }
  [[nodiscard]] std::string claims(std::string_view id) const { return claims() + std::string(id) + "/"; }
  [[nodiscard]] std::string delays() const { return directory + "held/delay/"; }
  [[nodiscard]] std::string delay(std::string_view id) const { return delays() + std::string(id); }
  [[nodiscard]] std::string dead() const { return directory + "dead/"; }
  [[nodiscard]] std::string dead(std::string_view id) const { return dead() + std::string(id); }
  [[nodiscard]] std::string line() const { return directory + "line/"; }
  [[nodiscard]] std::string sweepers() const { return directory + "sweep/"; }
};

/// Puts the item among those that wait: at the place it had, or at the end of its priority.
[[nodiscard]] PutOp put_ready(const QueueKeys& keys, const ItemRecord& record);
/// What becomes of an item that comes back from whoever had it: it waits again, or it is dead if that was its last attempt.
[[nodiscard]] PutOp put_back(const QueueKeys& keys, const ItemRecord& record);

}  // namespace conclave::recipes::core
