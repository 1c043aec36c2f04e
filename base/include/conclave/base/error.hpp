#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace conclave {

/// What went wrong. The numbers travel on the wire and in session outcomes on disk: never change or reuse one.
enum class Errc : std::uint16_t {
  // The request itself.
  invalid_argument = 1,     ///< a field has a value that is not allowed
  malformed = 2,            ///< bytes that do not decode
  too_large = 3,            ///< beyond a named limit
  unsupported = 4,          ///< a kind or field that this version does not know
  // The state of the store.
  key_not_found = 10,       ///< ignore_value or ignore_lease of a key that does not exist
  fenced = 11,              ///< a guard did not hold
  compacted = 12,           ///< the revision was compacted
  future_revision = 13,     ///< the revision does not exist yet
  lease_not_found = 14,     ///< no such lease, or it is dead
  lease_exists = 15,        ///< the chosen lease id is taken
  session_expired = 16,     ///< the session is gone; definite only if the request was never sent before
  stale_sequence = 17,      ///< below the session's first outstanding sequence: never executed by this request
  sequence_window = 18,     ///< too far above the session's first outstanding sequence
  no_space = 19,            ///< the quota or the disk is full and the request adds data
  outcome_forgotten = 20,   ///< a repeat of an applied request whose large outcome was not kept; read again
  duplicate_key = 21,       ///< one transaction changes a key twice
  // The cluster.
  not_leader = 30,          ///< this member may not decide it; another may
  no_leader = 31,           ///< no leader is known at the moment
  dropped = 32,             ///< another entry was committed in its place: it did not happen
  overloaded = 33,          ///< a queue is full; nothing was done
  wrong_cluster = 34,       ///< the link belongs to another cluster
  wrong_member = 35,        ///< the link reached or came from another member than expected
  version_mismatch = 36,    ///< protocol, machine or disk version that cannot be spoken
  membership_busy = 37,     ///< a membership change is still going on
  // The caller's identity.
  unauthenticated = 40,
  permission_denied = 41,
  // What nobody knows.
  timeout = 50,             ///< the deadline passed after the request may have been sent
  connection_lost = 51,     ///< the link broke after the request may have been sent
  unknown_outcome = 52,     ///< the member cannot tell (snapshot, shutdown)
  // Local.
  not_sent = 60,            ///< the deadline passed or the link broke before anything was sent
  cancelled = 61,           ///< cancelled by the caller before it was sent
  shutting_down = 62,
  corruption = 63,          ///< our own disk holds bytes that do not verify
  io_error = 64,
  already_exists = 65,
  internal = 66,            ///< a bug; please report
  deadline_exceeded = 67,   ///< a wait ended at its deadline: nothing is held, and nothing was left behind
};

/// Every error a program sees answers one question: did it happen?
enum class Certainty {
  definite,  ///< it did not happen and will not
  unknown,   ///< it may have happened, or may still happen
};

[[nodiscard]] constexpr Certainty certainty(Errc code) {
  switch (code) {
    case Errc::timeout:
    case Errc::connection_lost:
    case Errc::unknown_outcome:
    case Errc::internal:
      return Certainty::unknown;
    case Errc::invalid_argument:
    case Errc::malformed:
    case Errc::too_large:
    case Errc::unsupported:
    case Errc::key_not_found:
    case Errc::fenced:
    case Errc::compacted:
    case Errc::future_revision:
    case Errc::lease_not_found:
    case Errc::lease_exists:
    case Errc::session_expired:
    case Errc::stale_sequence:
    case Errc::sequence_window:
    case Errc::no_space:
    case Errc::outcome_forgotten:
    case Errc::duplicate_key:
    case Errc::not_leader:
    case Errc::no_leader:
    case Errc::dropped:
    case Errc::overloaded:
    case Errc::wrong_cluster:
    case Errc::wrong_member:
    case Errc::version_mismatch:
    case Errc::membership_busy:
    case Errc::unauthenticated:
    case Errc::permission_denied:
    case Errc::not_sent:
    case Errc::cancelled:
    case Errc::shutting_down:
    case Errc::corruption:
    case Errc::io_error:
    case Errc::already_exists:
    case Errc::deadline_exceeded:
      return Certainty::definite;
  }
  return Certainty::unknown;
}

/// The enumerator's own name, e.g. "fenced". An unknown number gives "error".
[[nodiscard]] std::string_view name_of(Errc code);
/// The code for a number from the wire; a number we do not know becomes Errc::internal, whose outcome is unknown.
[[nodiscard]] Errc errc_from_wire(std::uint16_t number);

/// A small value: what went wrong and, where it helps, with what.
struct Error {
  Errc code = Errc::internal;
  std::string context;  ///< what was wrong and where, for people; may be empty

  [[nodiscard]] Certainty certainty() const { return conclave::certainty(code); }
  [[nodiscard]] std::string message() const;  ///< "fenced: lease 7 is dead"
  bool operator==(const Error&) const = default;
};

[[nodiscard]] const std::error_category& error_category();
[[nodiscard]] inline std::error_code make_error_code(Errc code) { return {static_cast<int>(code), error_category()}; }

}  // namespace conclave

template <>
struct std::is_error_code_enum<conclave::Errc> : std::true_type {};
