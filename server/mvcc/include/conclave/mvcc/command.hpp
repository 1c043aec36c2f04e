#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "conclave/base/bytes.hpp"
#include "conclave/base/error.hpp"
#include "conclave/base/ids.hpp"
#include "conclave/base/strong_id.hpp"
#include "conclave/base/time.hpp"

/// The replicated commands, as flat views: whoever decoded them keeps the bytes and the arena alive. All types are trivially
/// destructible.
namespace conclave::mvcc {

/// Which keys an operation means.
struct KeySelector {
  enum class Kind : std::uint8_t {
    single,  ///< just `begin`
    range,   ///< [begin, end)
    prefix,  ///< keys that start with `begin`; an empty prefix means all keys
    from,    ///< `begin` and everything after it
  };
  Kind kind = Kind::single;
  ByteView begin;
  ByteView end;
};

enum class SortTarget : std::uint8_t { key, version, create, mod, value };
enum class SortOrder : std::uint8_t { ascending, descending };

/// A range that stands alone and goes by key, ascending, ends early with `more` where the machine's limit of bytes or keys looked
/// at is reached; any other is too_large there.
struct RangeOp {
  KeySelector keys;
  Revision at;                    ///< zero: now; must be zero in a command (which revisions are in memory differs between members)
  std::uint64_t limit = 0;        ///< rows; zero: no limit but the response's
  std::uint64_t limit_bytes = 0;  ///< of keys and values together; zero: no limit but the response's; at least one row is given
  bool keys_only = false;
  bool count_only = false;
  SortTarget sort_target = SortTarget::key;
  SortOrder sort_order = SortOrder::ascending;
  Revision min_mod, max_mod, min_create, max_create;  ///< inclusive; zero: no bound
};

struct PutOp {
  ByteView key;
  ByteView value;
  LeaseId lease;
  bool want_previous = false;
  bool ignore_value = false;  ///< keep the value the key has; the key must exist
  bool ignore_lease = false;  ///< keep the lease the key has; the key must exist
  /// Complete the key with "%020u-%03u" of (revision, operation number); the key so made is in the result. The number counts the
  /// ranges, puts and deletes that the command carries out, from 0.
  bool sequence = false;
};

struct DeleteOp {
  KeySelector keys;
  bool want_previous = false;
};

enum class CompareTarget : std::uint8_t { version, create, mod, value, lease, existence };
enum class CompareRelation : std::uint8_t { equal, not_equal, less, greater };

/// Holds if it holds for every key the selector finds; over a range with no key in it only `existence = 0` and absence rules hold
/// as for a single missing key: version, create, mod and lease of a missing key are 0, and a compare of its value is false.
struct Compare {
  KeySelector keys;
  CompareTarget target = CompareTarget::version;
  CompareRelation relation = CompareRelation::equal;
  std::uint64_t number = 0;  ///< for all targets but value; existence: 1 exists, 0 does not
  ByteView value;
};

struct Op;
/// All compares hold: `success`, else `failure`. Compares, also those of nested transactions, see the state before the command;
/// operations see the effects of the operations before them. No key is changed twice (two puts, a put and a delete that finds it, a
/// delete and a put of what it removed): that is Errc::duplicate_key. One operation that is refused refuses the whole command.
struct TxnOp {
  std::span<const Compare> compares;
  std::span<const Op> success;
  std::span<const Op> failure;
};
struct Op {
  std::variant<RangeOp, PutOp, DeleteOp, TxnOp> body;
};

/// The key exists, has this create revision, and hangs on exactly this lease, which is alive (zero: hangs on none). Otherwise the
/// whole command is refused with Errc::fenced (architecture, section 6).
struct Guard {
  LeaseId lease;
  ByteView key;
  Revision create_revision;
};

struct LeaseGrant {
  LeaseId id;  ///< zero: the server chooses
  milliseconds ttl{};
  ByteView owner;
  ByteView note;
};
struct LeaseRevoke {
  LeaseId id;
};
struct LeaseRenew {
  std::span<const LeaseId> ids;
};
/// A repeat with the same nonce (not zero) while the session lives gives the same session again.
struct SessionOpen {
  std::uint64_t nonce = 0;
  milliseconds ttl{};
  ByteView owner;
  ByteView note;
};
struct SessionClose {
  LeaseId id;
};
struct Compact {
  Revision revision;  ///< this and newer revisions stay readable
};

// Proposed by the leader only; the codec refuses them from a client.
struct ExpireLeases {
  std::span<const LeaseId> ids;  ///< each is re-checked against the entry's stamp
};
struct SetMachineVersion {
  MachineVersion version;
};

/// Committed bytes that this version cannot decode: every member refuses them alike.
struct Undecodable {
  Errc code = Errc::malformed;
};

using CommandBody = std::variant<Op, LeaseGrant, LeaseRevoke, LeaseRenew, SessionOpen, SessionClose, Compact, ExpireLeases,
                                 SetMachineVersion, Undecodable>;

/// Who sent a command and how it is told apart from its repeats.
struct Envelope {
  MemberId origin;  ///< the member that answers the client
  Incarnation origin_incarnation;
  std::uint64_t origin_request = 0;
  ByteView identity;  ///< common name of the client's certificate, or empty
  std::uint64_t auth_revision = 0;
  LeaseId session;  ///< zero: none
  RequestSeq sequence;
  RequestSeq first_outstanding;  ///< outcomes below may be forgotten
};

struct Command {
  Envelope envelope;
  std::span<const Guard> guards;
  CommandBody body;
};

/// One committed log entry.
struct Batch {
  MachineVersion version;
  ClusterTime stamp;
  std::span<const Command> commands;
};

}  // namespace conclave::mvcc
