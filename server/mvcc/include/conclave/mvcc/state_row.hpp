#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "conclave/base/ids.hpp"
#include "conclave/base/time.hpp"
#include "conclave/mvcc/key_value.hpp"
#include "conclave/mvcc/response.hpp"

/// The state machine's durable form: rows. The same rows are a delta (what one batch changed), a checkpoint on disk, and a
/// snapshot. Everything apply depends on is in some row. server/codec turns rows into bytes; server/storage sees only those.
namespace conclave::mvcc {

struct KeyRow {
  KeyValuePtr kv;
};
struct LeaseRow {
  LeaseId id;
  milliseconds ttl{};
  ClusterTime deadline{};  ///< dead from the first entry stamped at or past this
  std::string owner;
  std::string note;
  bool session = false;
  std::uint64_t nonce = 0;       ///< sessions: of the opening
  RequestSeq first_outstanding;  ///< sessions
  bool operator==(const LeaseRow&) const = default;
};
/// The remembered outcome of one sequence of one session.
struct OutcomeRow {
  LeaseId session;
  RequestSeq sequence;
  ResponsePtr response;
};
/// The event batches of one applied log entry, or some of them, keyed by the last revision among them.
struct HistoryRow {
  Revision last;
  std::vector<EventBatchPtr> batches;  ///< ascending, at least one
};
struct KeyErase {
  std::string key;
};
struct LeaseErase {
  LeaseId id;
};
struct OutcomeErase {
  LeaseId session;
  RequestSeq sequence;
};
/// All history rows whose last revision is below this are gone.
struct HistoryErase {
  Revision below;
};

/// The single row of scalars.
struct MetaRow {
  Index applied;
  Term applied_term;
  ClusterTime stamp{};
  Revision revision;
  Revision compacted;  ///< the oldest readable revision; zero: all
  MachineVersion machine_version{1};
  bool operator==(const MetaRow&) const = default;
};

using Row = std::variant<KeyRow, LeaseRow, OutcomeRow, HistoryRow, MetaRow>;
using Change = std::variant<KeyRow, LeaseRow, OutcomeRow, HistoryRow, KeyErase, LeaseErase, OutcomeErase, HistoryErase>;

/// What one applied log entry changed. `changes` are in order; a later one on the same row wins.
struct StateDelta {
  MetaRow meta;
  std::vector<Change> changes;
};

}  // namespace conclave::mvcc
