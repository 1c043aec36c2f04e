#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "conclave/raft/types.hpp"

namespace conclave::raft {

/// The log of one member: the tail of entries in memory, the terms of everything still in the log store, and the cursors.
///
///   base <= applied <= emitted <= committed <= last,   durable <= last,   base < memory_first <= applied + 1
///
/// Writes are named, not indexes (docs/decisions/0001-ready-with-write-ids.md): each write remembers its first index, and
/// `durable = min(next_to_write, min(first index of each pending write)) - 1`. Truncation lowers next_to_write and so durable; a
/// late completion of an overwritten write cannot raise durable past a newer pending write that starts lower.
class Log {
 public:
  /// The entries of one write, as issued.
  struct Issued {
    WriteId id;
    std::optional<Index> truncate_from;
    std::vector<EntryPtr> entries;
  };

  /// `entries` are contiguous from base.index + 1 and durable. base.index <= applied <= the last entry's index.
  Log(EntryId base, const std::vector<EntryPtr>& entries, Index applied);

  // --- What is in the log
  // -----------------------------------------------------------------------------------------------------------
  /// The entry just before the log: compacted or in the snapshot. Index zero, term zero at the beginning of time.
  [[nodiscard]] EntryId base() const { return base_; }
  [[nodiscard]] Index first() const { return base_.index.next(); }
  [[nodiscard]] Index last() const { return memory_first_.plus(memory_.size()).prev(); }
  [[nodiscard]] EntryId last_id() const;
  /// Entries from here to last() are in memory; those before are in the log store only.
  [[nodiscard]] Index memory_first() const { return memory_first_; }
  [[nodiscard]] std::size_t memory_bytes() const { return memory_bytes_; }
  /// The term of an entry in [base, last].
  [[nodiscard]] std::optional<Term> term_at(Index index) const;
  [[nodiscard]] bool matches(EntryId id) const { return term_at(id.index) == id.term; }
  /// A log that ends with `other` is at least as up to date as this one (dissertation 3.6.1).
  [[nodiscard]] bool is_up_to_date(EntryId other) const;
  /// The greatest index at or below `index` whose term is at most `term`: where two logs may still agree. An index before the base
  /// is returned as it is; if all the log has greater terms, the index before the base.
  [[nodiscard]] Index last_not_above(Index index, Term term) const;
  /// An entry in memory.
  [[nodiscard]] const EntryPtr& at(Index index) const;
  /// Entries in memory from `from` on, within the limits, but at least one.
  [[nodiscard]] std::vector<EntryPtr> slice(Index from, std::size_t entries_max, std::size_t bytes_max) const;
  /// Bytes of the entries after `index`, which must all be in memory.
  [[nodiscard]] std::size_t bytes_after(Index index) const;

  // --- Cursors
  // ----------------------------------------------------------------------------------------------------------------------
  [[nodiscard]] Index next_to_write() const { return next_to_write_; }
  [[nodiscard]] Index durable() const;
  [[nodiscard]] Index committed() const { return committed_; }
  [[nodiscard]] Index emitted() const { return emitted_; }  ///< handed out to be applied
  [[nodiscard]] Index applied() const { return applied_; }

  // --- Changes
  // ----------------------------------------------------------------------------------------------------------------------
  /// The entry's index is last() + 1 and its term not below the last one's.
  void append(EntryPtr entry);
  /// Removes entries at and after `from`, which must be past the committed index.
  void truncate_from(Index from);
  /// `index` <= last(); lower ones change nothing. Returns whether the commit index moved.
  bool commit_to(Index index);
  /// The next committed entries to apply: those handed out and not yet applied stay within `bytes_max`, at least one.
  [[nodiscard]] std::vector<EntryPtr> take_apply(std::size_t bytes_max);
  [[nodiscard]] bool can_apply(std::size_t bytes_max) const;
  /// Some committed entries were not taken to be applied.
  [[nodiscard]] bool withholds_committed() const { return emitted_ < committed_; }
  /// `index` <= emitted().
  void on_applied(Index index);
  /// Forgets entries up to and including `to`, which must be applied and durable. An older `to` changes nothing.
  void compact(EntryId to);
  /// Forgets entries in memory that are applied and durable, oldest first, until at most `bytes_max` remain.
  void trim_memory(std::size_t bytes_max);
  /// The durable install of a snapshot replaced the whole log. No write is pending.
  void reset_to(EntryId snapshot);

  // --- Writes
  // -----------------------------------------------------------------------------------------------------------------------
  [[nodiscard]] bool has_unwritten() const { return next_to_write_ <= last(); }
  /// Issues the next write with unwritten entries up to `bytes_max`, at least one if there are any.
  [[nodiscard]] Issued issue_write(std::size_t bytes_max);
  /// Issues a write without entries: an install.
  [[nodiscard]] WriteId issue_barrier();
  /// `id` was issued. Everything up to it is durable.
  void on_durable(WriteId id);
  [[nodiscard]] std::size_t writes_in_flight() const { return pending_.size(); }
  [[nodiscard]] WriteId last_issued() const { return last_issued_; }
  [[nodiscard]] WriteId last_durable() const { return last_durable_; }
  /// The pending write after which the entry at `index` is durable; nothing if it is durable now. `index` < next_to_write().
  [[nodiscard]] std::optional<WriteId> write_of(Index index) const;

  /// Aborts with the broken rule. O(n).
  void check() const;

 private:
  struct PendingWrite {
    WriteId id;
    std::optional<Index> first;  // nothing: no entries
  };
  struct Run {  // entries from `first` to the next run have this term
    Index first;
    Term term;
  };

  EntryId base_;
  std::vector<Run> runs_;
  std::deque<EntryPtr> memory_;
  Index memory_first_;
  std::size_t memory_bytes_ = 0;

  Index next_to_write_;
  Index stored_last_;  // the end of the store's log once every issued write is done
  Index committed_;
  Index emitted_;
  Index applied_;
  std::size_t outstanding_bytes_ = 0;  // emitted and not applied

  std::deque<PendingWrite> pending_;
  WriteId last_issued_;
  WriteId last_durable_;
};

}  // namespace conclave::raft
