#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conclave/base/ids.hpp"
#include "conclave/base/result.hpp"

namespace conclave::locksmith {

/// Where a machine is in the life of a reboot; the picture is in the README of locksmith.
enum class Stage : std::uint8_t {
  idle,        ///< nothing is to be done
  waiting,     ///< a reboot is needed; the window is closed, or the last try failed a short while ago
  queueing,    ///< for a slot of the group
  admitting,   ///< there is a slot, or none is asked for: need, window and group are looked at once more
  draining,    ///< pre-reboot hooks run
  warning,     ///< users have time to log out
  confirming,  ///< everything is looked at for the last time
  rebooting,   ///< the system was told to reboot
  checking,    ///< after the boot: health must hold for a while
  restoring,   ///< post-reboot hooks run
  releasing,   ///< the slot is given back
  undoing,     ///< post-reboot hooks run, because it will not reboot after all
  returning,   ///< the slot is given back unused
};
[[nodiscard]] std::string_view name_of(Stage stage);

/// What must survive the daemon and the machine. It is on the disk before anything is done that it tells of.
struct Journal {
  Stage stage = Stage::idle;
  std::string boot;  ///< under which the pre-reboot hooks ran: another one now means that the machine has rebooted
  Revision token;    ///< of the slot; zero: none
  Revision wish;     ///< that is fulfilled by the reboot; zero: none
  std::string reason;
  bool operator==(const Journal&) const = default;
};

inline constexpr std::size_t journal_bytes_max = 64 * 1024;
/// One line with a version, the length and a checksum of what follows, and one of JSON.
[[nodiscard]] std::string encode(const Journal& journal);
/// Errors: corruption, saying what is wrong; unsupported if a later version wrote it.
[[nodiscard]] Result<Journal> decode_journal(std::string_view bytes);

}  // namespace conclave::locksmith
