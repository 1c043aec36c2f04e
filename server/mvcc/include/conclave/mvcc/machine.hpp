#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conclave/base/result.hpp"
#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/limits.hpp"
#include "conclave/mvcc/response.hpp"
#include "conclave/mvcc/state_row.hpp"

namespace conclave::mvcc {

/// The newest rules this code knows. Batches above it must not be applied (the member stops).
inline constexpr MachineVersion machine_version_max{1};

struct MachineConfig {
  Limits limits;
  std::size_t history_window_bytes = 16 << 20;  ///< of event batches kept in memory; not part of the replicated rules
};

struct ApplyResult {
  std::vector<Response> responses;  ///< one for each command of the batch, in order
  StateDelta delta;
  std::vector<EventBatchPtr> events;  ///< ascending revisions; one a command that changed keys (ExpireLeases: one a lease)
};

/// Values of keys as they were at an old revision, read from history on disk: an entry for each key of the range that changed
/// between that revision and the start of the window in memory; entries for keys that changed later do no harm. Null: it did not
/// exist. The window moves on with every apply: who reads an overlay must begin again if window_start() has grown past what was
/// read.
struct HistoryOverlay {
  std::vector<std::pair<std::string, KeyValuePtr>> rows;  ///< sorted by key
};

struct LeaseListPage {
  std::vector<LeaseInfo> leases;  ///< ascending by id, keys not filled
  std::optional<LeaseId> next;    ///< where to go on
};

/// The replicated state machine: keys with revisions, transactions, leases, sessions. A total, deterministic function of the
/// entries applied: no clock, no randomness, no I/O; a command that cannot be carried out gives Refused, never a crash. Not
/// thread-safe; the values it hands out (KeyValuePtr, EventBatchPtr, ResponsePtr) are immutable and may go to other threads.
class Machine {
 public:
  explicit Machine(MachineConfig config = {});
  ~Machine();
  Machine(Machine&&) noexcept;
  Machine& operator=(Machine&&) noexcept;

  // --- Building from rows (start-up, snapshot install) ---------------------------------------------------------------------------
  /// Adds one row of a checkpoint or snapshot to an empty machine, in any order; an inconsistent row is Errc::corruption.
  [[nodiscard]] Result<void> restore(Row row);
  /// After the last row: checks what must hold across rows (one meta row, leases of keys exist, ...).
  [[nodiscard]] Result<void> finish_restore();

  // --- The log -------------------------------------------------------------------------------------------------------------------
  /// Applies one entry. `index` must be applied().next(); batch.version must not exceed machine_version_max. An empty batch (a
  /// no-op or membership entry) still advances applied and, if its stamp is greater, cluster time.
  [[nodiscard]] ApplyResult apply(Index index, Term term, const Batch& batch);

  // --- Reads (of the state after the last apply) ---------------------------------------------------------------------------------
  /// Errors: compacted, future_revision, too_large, invalid_argument; a revision with history_needed() is unsupported without
  /// overlay.
  [[nodiscard]] Result<RangeResult> range(const RangeOp& op, const HistoryOverlay* overlay = nullptr) const;
  /// Asks the processor for the memory of keys that are read next, so that it waits for all of them at once. A hint: no result
  /// depends on it.
  void expect(std::span<const ByteView> keys) const;
  /// A transaction whose every operation is a RangeOp (also nested); others are invalid_argument. Compares see the state now; a
  /// range may name a revision without history_needed().
  [[nodiscard]] Result<TxnResult> read_txn(const TxnOp& txn) const;
  [[nodiscard]] bool guards_hold(std::span<const Guard> guards) const;  ///< at the last applied stamp
  /// True if this old revision is readable but lies below the window in memory: its overlay must be read from history first.
  [[nodiscard]] bool history_needed(Revision at) const;
  [[nodiscard]] KeyValuePtr get(ByteView key) const;

  [[nodiscard]] std::optional<LeaseInfo> lease(LeaseId id, bool with_keys) const;
  [[nodiscard]] LeaseListPage leases(LeaseId from, std::size_t count_max) const;
  /// Leases whose deadline is at or before `time`, in the order of their deadlines, at most `count_max`.
  [[nodiscard]] std::vector<LeaseId> leases_due(ClusterTime time, std::size_t count_max) const;
  [[nodiscard]] std::optional<ClusterTime> next_deadline() const;
  /// Keys under `prefix` with a create revision below `create`, counted up to `count_max`.
  [[nodiscard]] std::size_t count_older(ByteView prefix, Revision create, std::size_t count_max) const;

  /// The create revisions of all keys under `prefix`, in any order.
  [[nodiscard]] std::vector<Revision> create_revisions(ByteView prefix) const;

  // --- History window ------------------------------------------------------------------------------------------------------------
  /// The oldest revision whose event batch is in memory and from which on all are; revision().next() if the window is empty.
  [[nodiscard]] Revision window_start() const;
  /// Event batches in [from, ...), from must be >= window_start(); at most `count_max`.
  [[nodiscard]] std::vector<EventBatchPtr> events_from(Revision from, std::size_t count_max) const;

  // --- Observers -----------------------------------------------------------------------------------------------------------------
  [[nodiscard]] const MetaRow& meta() const;
  [[nodiscard]] Index applied() const { return meta().applied; }
  [[nodiscard]] Revision revision() const { return meta().revision; }
  [[nodiscard]] Revision compacted() const { return meta().compacted; }
  [[nodiscard]] ClusterTime stamp() const { return meta().stamp; }
  [[nodiscard]] std::uint64_t key_count() const;
  [[nodiscard]] std::uint64_t data_bytes() const;  ///< of current keys and values: what the quota bounds
  [[nodiscard]] std::uint64_t window_bytes() const;
  [[nodiscard]] std::uint64_t lease_count() const;
  [[nodiscard]] std::uint64_t session_count() const;
  /// A digest of everything replicated, the same on every member at the same applied index; kept incrementally.
  [[nodiscard]] std::uint64_t state_hash() const;
  /// Every row of the state, for a snapshot or a comparison in tests; history only as far as the window in memory.
  void for_each_row(const std::function<void(const Row&)>& visit) const;
  /// O(n) checks for tests and simulation (indexes agree with each other, the hash with a recount); aborts with the broken rule.
  void check_invariants() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::mvcc
