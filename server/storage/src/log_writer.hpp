#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"
#include "conclave/raft/ready.hpp"
#include "cut_limit.hpp"
#include "durable_mark.hpp"
#include "install_slot.hpp"
#include "log_recovery.hpp"

namespace conclave::storage {

/// Carries out log writes. Only the log thread uses it.
class LogWriter {
 public:
  /// What it shares with others; all of it outlives the writer.
  struct Surroundings {
    SegmentDirectory& directory;
    LogIndex& index;
    DurableMark& mark;
    const InstallSlot& slot;
    const CutLimit& cut_limit;
  };
  /// `log` is where the log stands.
  [[nodiscard]] static Result<LogWriter> open(const Surroundings& around, const RecoveredLog& log);

  /// Executes the writes in order as one record and one flush. None but the first truncates or installs. On success all are
  /// durable; the result is the bytes that the log grew by. After an error the log store must not be used further.
  [[nodiscard]] Result<std::size_t> execute(std::span<const raft::Write> writes);
  /// How long the disk took for the last record: writing it and flushing, without what waited before.
  [[nodiscard]] Duration last_flush() const { return last_flush_; }
  /// True once after a segment was begun: a spare file may be prepared.
  [[nodiscard]] bool take_begun() { return std::exchange(begun_, false); }

  /// Entries up to and including `to` may go. Ignored unless it lies in the log and in a durable checkpoint.
  void begin_cut(raft::EntryId to);
  [[nodiscard]] bool cutting() const { return segments().size() > 1 && segments()[1]->after.index <= cut_to_; }
  /// Takes the oldest segment away, if cutting().
  [[nodiscard]] Result<void> cut_some();

 private:
  /// What a record changes in memory, taken over only when it is durable.
  struct Draft {
    Head head;
    std::optional<Index> first;  // of the entries
    std::optional<Index> truncate_from;
    std::optional<raft::EntryId> installed;
    std::optional<raft::Membership> before;  // in force at the end of the log before it was truncated or replaced
  };
  LogWriter(const Surroundings& around, const RecoveredLog& log, File out);
  [[nodiscard]] const std::deque<SegmentPtr>& segments() const { return tail_.segments; }
  [[nodiscard]] Result<void> fill(Draft& draft, const raft::Write& write);
  [[nodiscard]] Result<void> install(Draft& draft, const raft::SnapshotMeta& meta);
  [[nodiscard]] Result<void> truncate(Draft& draft, Index from);
  void append(Draft& draft, const raft::Entry& entry);
  [[nodiscard]] Result<std::uint32_t> find_end(raft::EntryId& end) const;
  [[nodiscard]] Result<void> begin_segment(const Draft& draft);
  [[nodiscard]] Result<void> write_record(const Draft& draft);
  [[nodiscard]] Result<void> write_ahead(std::uint64_t end);
  void publish(const Draft& draft, std::uint64_t offset);

  Surroundings around_;
  File out_;                         // the newest segment
  std::uint64_t written_until_ = 0;  // its blocks behind this one are only reserved
  LogTail tail_;
  RecordBuilder record_;
  RecordBuilder beginning_;
  Head head_;
  Memberships memberships_;
  raft::EntryId base_;  // where recovery or an installed snapshot says that the log starts
  Index cut_to_{0};
  Duration last_flush_{};
  bool begun_ = false;
};

}  // namespace conclave::storage
