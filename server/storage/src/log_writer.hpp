#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "conclave/base/result.hpp"
#include "conclave/raft/ready.hpp"
#include "cut_limit.hpp"
#include "durable_mark.hpp"
#include "install_slot.hpp"
#include "log_tables.hpp"

namespace conclave::storage {

/// Carries out log writes on the logged tables. Only the log thread uses it.
class LogWriter {
 public:
  struct Parts {
    WtSession session;
    WtCursor rows;       ///< of raft_log
    WtCursor range_end;  ///< of raft_log
    WtCursor meta;       ///< of raft_meta
  };
  [[nodiscard]] static Result<Parts> open_parts(WtConnection& connection);

  /// `log` without its entries is where the log stands. The references outlive it.
  LogWriter(Parts parts, const RecoveredLog& log, DurableMark& mark, const InstallSlot& slot, const CutLimit& cut_limit);

  /// Executes the writes in order as one transaction and one flush. On success all are durable; the result is the bytes of their
  /// rows. After an error the log store must not be used further.
  [[nodiscard]] Result<std::size_t> execute(std::span<const raft::Write> writes);

  /// Makes entries up to and including `to` cut: they are gone after a restart, and cut_some() removes them. Ignored unless it lies
  /// in the log.
  [[nodiscard]] Result<void> begin_cut(raft::EntryId to);
  [[nodiscard]] bool cutting() const { return cut_next_ <= cut_last_; }
  /// Removes some of the rows that are cut.
  [[nodiscard]] Result<void> cut_some();

 private:
  /// What one transaction changes in memory, taken over only when it is committed.
  struct Draft {
    Head head;
    Index base;
    Memberships memberships;
    std::size_t bytes = 0;
    std::optional<Error> error;
  };
  /// What the next entry is chained to.
  struct Link {
    raft::EntryId id;
    std::uint32_t checksum = 0;
  };
  void fill(WtTransaction& transaction, Draft& draft, std::span<const raft::Write> writes);
  void install(WtTransaction& transaction, Draft& draft, const raft::SnapshotMeta& meta);
  void truncate(WtTransaction& transaction, Draft& draft, Index from);
  void append(WtTransaction& transaction, Draft& draft, const raft::Entry& entry);
  static void give_up(WtTransaction& transaction, Draft& draft, Error error);
  [[nodiscard]] Result<Link> link_at(Index index);
  void put_base(WtTransaction& transaction, const raft::SnapshotMeta& meta);
  [[nodiscard]] int remove_rows(Index first, Index last);

  Parts parts_;
  DurableMark& mark_;
  const InstallSlot& slot_;
  const CutLimit& cut_limit_;
  Head head_;
  Index base_;
  Memberships memberships_;
  Index cut_next_{1};  // rows in [cut_next_, cut_last_] may still have to be removed
  Index cut_last_{0};
};

}  // namespace conclave::storage
