#pragma once

#include <vector>

#include "conclave/mvcc/machine.hpp"
#include "history_window.hpp"
#include "kv_state.hpp"
#include "lease_table.hpp"
#include "range_read.hpp"
#include "session_table.hpp"

namespace conclave::mvcc {

/// What a machine consists of.
struct MachineState {
  MachineConfig config;
  MetaRow meta;
  KvState kv;
  HistoryWindow window;
  LeaseTable leases;
  SessionTable sessions;

  [[nodiscard]] Revision window_start() const { return window.oldest().value_or(meta.revision.next()); }
  [[nodiscard]] std::uint64_t digest() const;
};

struct Machine::Parts {
  MachineState state;
  // While rows are restored.
  bool meta_restored = false;
  bool rows_restored = false;
  std::vector<EventBatchPtr> batches_restored;
  std::vector<OutcomeRow> outcomes_restored;
};

/// How the keys look at `at` (zero: now). Errors as of Machine::range.
[[nodiscard]] Result<KeyView> view_at(const MachineState& state, Revision at, const HistoryOverlay* overlay);
/// As Machine::read_txn.
[[nodiscard]] Result<TxnResult> run_reads(const MachineState& state, const TxnOp& txn);
/// Errc::fenced unless the guard holds at the state's stamp.
[[nodiscard]] Result<void> check_guard(const MachineState& state, const Guard& guard);

}  // namespace conclave::mvcc
