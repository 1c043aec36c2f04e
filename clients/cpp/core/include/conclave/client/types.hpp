#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "conclave/base/error.hpp"
#include "conclave/base/ids.hpp"
#include "conclave/base/result.hpp"

/// The values that programs and conclave exchange. All are plain values: copy, compare and keep them as you like.
namespace conclave {

using namespace std::chrono_literals;  // NOLINT: timeouts in user code read `5s`

/// Which keys an operation means.
struct Keys {
  enum class Kind : std::uint8_t { single, range, prefix, from };
  Kind kind = Kind::single;
  std::string begin;
  std::string end;

  /// This key alone.
  static Keys one(std::string key) { return {Kind::single, std::move(key), {}}; }
  /// [begin, end)
  static Keys range(std::string begin, std::string end) { return {Kind::range, std::move(begin), std::move(end)}; }
  /// All that begin with it.
  static Keys prefix(std::string prefix) { return {Kind::prefix, std::move(prefix), {}}; }
  /// This and all after it.
  static Keys from(std::string begin) { return {Kind::from, std::move(begin), {}}; }
  /// Every key there is.
  static Keys all() { return prefix({}); }
  bool operator==(const Keys&) const = default;
};

/// A key as it was at a revision.
struct KeyValue {
  std::string key;
  std::string value;
  Revision create_revision{};
  Revision mod_revision{};
  std::uint64_t version = 0;
  LeaseId lease{};
  bool operator==(const KeyValue&) const = default;
};

/// Who answered, and how far its store was.
struct Header {
  ClusterId cluster{};
  MemberId member{};
  MemberId leader{};  ///< zero: none known
  Term term{};
  Revision revision{};
  bool operator==(const Header&) const = default;
};

/// A write that carries it is refused with Errc::fenced unless `key` still has this create revision and hangs on this lease, which
/// is alive (lease zero: the key hangs on none). It makes a lock a lock: data protected by it cannot be changed by a former holder.
struct Guard {
  LeaseId lease{};
  std::string key;
  Revision create_revision{};
  bool operator==(const Guard&) const = default;
};

// --- Operations
// ------------------------------------------------------------------------------------------------------------------------

enum class SortTarget : std::uint8_t { key, version, create, mod, value };
enum class SortOrder : std::uint8_t { ascending, descending };

/// Reads keys.
struct RangeOp {
  Keys keys{};
  Revision at{};                  ///< zero: now
  std::uint64_t limit = 0;        ///< rows; zero: only the server's own limit
  std::uint64_t limit_bytes = 0;  ///< keys and values together; zero: only the server's own limit
  bool keys_only = false;
  bool count_only = false;
  SortTarget sort_target = SortTarget::key;
  SortOrder sort_order = SortOrder::ascending;
  Revision min_mod{}, max_mod{}, min_create{}, max_create{};  ///< inclusive; zero: no bound
};
/// Stores a value.
struct PutOp {
  std::string key;
  std::string value;
  LeaseId lease{};
  bool want_previous = false;
  bool ignore_value = false;  ///< keep the value the key has
  bool ignore_lease = false;  ///< keep the lease the key has
  bool sequence = false;      ///< the server completes the key with a suffix that grows monotonically
};
/// Deletes keys.
struct DeleteOp {
  Keys keys{};
  bool want_previous = false;
};

/// A condition: all of `keys` compare so.
struct Compare {
  enum class Target : std::uint8_t { version, create, mod, value, lease, existence };
  enum class Relation : std::uint8_t { equal, not_equal, less, greater };
  Keys keys{};
  Target target = Target::version;
  Relation relation = Relation::equal;
  std::uint64_t number = 0;
  std::string value;

  /// There is such a key.
  static Compare exists(std::string key) { return {Keys::one(std::move(key)), Target::existence, Relation::equal, 1, {}}; }
  /// There is no such key.
  static Compare missing(std::string key) { return {Keys::one(std::move(key)), Target::existence, Relation::equal, 0, {}}; }
  /// It has this value.
  static Compare value_is(std::string key, std::string value) {
    return {Keys::one(std::move(key)), Target::value, Relation::equal, 0, std::move(value)};
  }
  /// This revision changed it last.
  static Compare mod_revision_is(std::string key, Revision revision) {
    return {Keys::one(std::move(key)), Target::mod, Relation::equal, revision.value(), {}};
  }
  /// This revision made it.
  static Compare create_revision_is(std::string key, Revision revision) {
    return {Keys::one(std::move(key)), Target::create, Relation::equal, revision.value(), {}};
  }
};

struct Op;
/// If all compares hold, the `success` operations are carried out, else the `failure` ones; all of them at one revision or none.
struct Txn {
  std::vector<Compare> compares;
  std::vector<Op> success;
  std::vector<Op> failure;

  /// Adds a condition.
  Txn& when(Compare compare);
  /// Adds what is done if all conditions hold.
  Txn& then(Op op);
  /// Adds what is done if not.
  Txn& otherwise(Op op);
};
/// One operation of a transaction.
struct Op {
  std::variant<RangeOp, PutOp, DeleteOp, Txn> body;
  Op(RangeOp op) : body(std::move(op)) {}   // NOLINT: an operation is meant to be written where an Op is asked for
  Op(PutOp op) : body(std::move(op)) {}     // NOLINT
  Op(DeleteOp op) : body(std::move(op)) {}  // NOLINT
  Op(Txn op) : body(std::move(op)) {}       // NOLINT
};
inline Txn& Txn::when(Compare compare) { return compares.push_back(std::move(compare)), *this; }
inline Txn& Txn::then(Op op) { return success.push_back(std::move(op)), *this; }
inline Txn& Txn::otherwise(Op op) { return failure.push_back(std::move(op)), *this; }

// --- Outcomes
// --------------------------------------------------------------------------------------------------------------------------

/// Keys that were read, in the order that was asked for.
struct RangeResult {
  std::vector<KeyValue> kvs;
  std::uint64_t count = 0;  ///< keys that match, limits left aside
  bool more = false;
  std::string next_key;  ///< where to go on when `more`; read at `header.revision`
  bool operator==(const RangeResult&) const = default;
};
/// What a put did.
struct PutResult {
  std::string key;  ///< of a sequence put: the completed key
  std::optional<KeyValue> previous;
  bool operator==(const PutResult&) const = default;
};
/// What a deletion did.
struct DeleteResult {
  std::uint64_t deleted = 0;
  std::vector<KeyValue> previous;
  bool operator==(const DeleteResult&) const = default;
};
struct OpResult;
/// Which way a transaction went, with a result for each operation.
struct TxnResult {
  bool succeeded = false;
  std::vector<OpResult> results;
};
/// What one operation did.
struct OpResult {
  std::variant<RangeResult, PutResult, DeleteResult, TxnResult> body;
};

/// A new lease, with its TTL as the server granted it.
struct LeaseGranted {
  LeaseId id{};
  std::chrono::milliseconds ttl{};
};
/// What went with a lease.
struct LeaseRevoked {
  std::uint64_t keys_deleted = 0;
};
/// One row for each lease that was to be renewed.
struct LeaseRenewed {
  /// How long the lease has now.
  struct Row {
    LeaseId id{};
    std::chrono::milliseconds ttl{};  ///< zero: no such lease, or dead
  };
  std::vector<Row> rows;
};
/// A lease as the servers see it.
struct LeaseInfo {
  LeaseId id{};
  std::chrono::milliseconds granted{};
  std::chrono::milliseconds remaining{};
  std::string owner;
  std::string note;
  bool session = false;
  std::uint64_t key_count = 0;
  std::vector<std::string> keys;
};
/// Some of the leases, in the order of their ids.
struct LeasePage {
  std::vector<LeaseInfo> leases;
  LeaseId next{};  ///< zero: complete
};
/// Up to which revision the history is forgotten.
struct Compacted {
  Revision revision{};
};
/// Who belongs to the cluster, and where it is reached.
struct Member {
  MemberId id{};
  std::string name;
  std::string peer_address;
  std::string client_address;
  bool voter = true;
};
/// All members.
struct MemberList {
  std::vector<Member> members;
};
/// How a member is.
struct Status {
  std::string name;
  MemberId member{};
  ClusterId cluster{};
  std::string role;  ///< follower, pre-candidate, candidate, leader, learner
  MemberId leader{};
  Term term{};
  Index index{};
  Index committed{};
  Index applied{};
  Index durable{};
  Revision revision{};
  Revision compacted{};
  std::uint64_t db_size = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t key_count = 0;
  std::uint64_t lease_count = 0;
  std::uint64_t watch_count = 0;
  std::uint64_t connection_count = 0;
  std::int64_t cluster_time_millis = 0;
  std::string version;
  std::uint64_t machine_version = 0;
  std::vector<std::string> alarms;
};
/// A checksum of a member's state; equal for all members at the same `applied`.
struct StateHash {
  Index applied{};
  Revision revision{};
  std::uint64_t hash = 0;
};
/// The request was applied, once, in an earlier try whose large answer the server did not keep: read again.
struct AppliedEarlier {
  bool succeeded = false;  ///< of a transaction
};
/// It was done, and there is no more to say.
struct Acknowledged {};

/// What the servers answered.
struct Reply {
  Header header{};
  std::variant<RangeResult, PutResult, DeleteResult, TxnResult, LeaseGranted, LeaseRevoked, LeaseRenewed, LeaseInfo, LeasePage,
               Compacted, Status, MemberList, StateHash, AppliedEarlier, Acknowledged>
      body;
};

// --- Watches
// ---------------------------------------------------------------------------------------------------------------------------

enum class EventKind : std::uint8_t { put, erase };
/// Why a key went away.
enum class EventCause : std::uint8_t { request, lease_expired, lease_revoked };

/// One change of a key.
struct Event {
  EventKind kind = EventKind::put;
  EventCause cause = EventCause::request;
  KeyValue kv;  ///< erase: key and mod revision only
  std::optional<KeyValue> previous;
  /// Whether the key was not there before.
  [[nodiscard]] bool is_create() const { return kind == EventKind::put && kv.version == 1; }
  bool operator==(const Event&) const = default;
};
/// Everything that one revision changed and the watch wants; never part of a revision.
struct WatchEvents {
  Revision revision{};
  std::vector<Event> events;
};
/// All events up to this revision were delivered.
struct WatchProgress {
  Revision revision{};
};
/// The last notice of a watch. `compacted`: `oldest` is where a new one may start.
struct WatchEnded {
  Error reason;
  Revision oldest{};
};
/// The notice of a turn watch.
struct TurnFired {
  Revision revision{};
  bool gone = false;  ///< the own key is gone: it will never be its turn
  std::uint64_t ahead = 0;
};
using WatchNotice = std::variant<WatchEvents, WatchProgress, WatchEnded, TurnFired>;

/// What a watch tells of.
struct WatchOptions {
  Keys keys{};
  Revision from{};  ///< first revision wanted; zero: what comes after now
  bool no_put = false;
  bool no_delete = false;
  bool want_previous = false;
  bool keys_only = false;
};
/// Fires once: when fewer than `places` keys under `prefix` are older than `own_key`, or that key is gone.
struct TurnOptions {
  std::string prefix;
  std::string own_key;
  std::uint64_t places = 1;
};

enum class Consistency : std::uint8_t {
  linearizable,       ///< reflects everything that completed before it was asked
  serializable,       ///< the member's state, whatever its age
  at_least_revision,  ///< waits until the member has reached `revision`
  at_most_old,        ///< not older than `age`
};

}  // namespace conclave
