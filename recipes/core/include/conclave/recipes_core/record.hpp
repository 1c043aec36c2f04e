#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/client/types.hpp"

namespace conclave::recipes::core {

/// What a place's value says about who has it, as JSON. Reading takes anything: what is missing or of another type is left out.
struct Record {
  std::string owner;
  std::string note;
  std::int64_t at_millis = 0;  ///< since 1970, by the owner's clock: for people
  std::uint64_t weight = 1;
  std::optional<std::string> value;  ///< of a candidate: what it proclaims; any bytes
  bool operator==(const Record&) const = default;
};
[[nodiscard]] std::string to_json(const Record& record);
[[nodiscard]] Record record_from_json(std::string_view text);

/// A semaphore's or reboot group's own record.
struct SlotsRecord {
  std::uint64_t slots = 0;
  Revision admitted;  ///< when the slots became fewer: who is not younger holds all the same
  bool paused = false;
  std::string others{};  ///< the fields that are none of these, as a JSON object: who changes the record keeps them
  bool operator==(const SlotsRecord&) const = default;
};
[[nodiscard]] std::string to_json(const SlotsRecord& record);
/// Nothing if it is none.
[[nodiscard]] std::optional<SlotsRecord> slots_from_json(std::string_view text);

/// A machine that may reboot; it outlives the process that took the slot.
struct RebootRecord {
  std::string machine;  ///< its id
  std::string boot;     ///< the id of the boot that it held the slot under when it took it
  std::string host;
  std::string reason;
  std::int64_t at_millis = 0;
  std::int64_t deadline_millis = 0;  ///< since 1970; zero: none. Past it the holder is overdue; nothing else follows from it
  std::uint64_t taken_again = 0;     ///< how often its machine asked for a slot while it had this one
  bool operator==(const RebootRecord&) const = default;
};
[[nodiscard]] std::string to_json(const RebootRecord& record);
[[nodiscard]] std::optional<RebootRecord> reboot_from_json(std::string_view text);

}  // namespace conclave::recipes::core
