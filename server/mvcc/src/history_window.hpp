#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/btree_set.h"
#include "conclave/mvcc/command.hpp"
#include "conclave/mvcc/key_value.hpp"

namespace conclave::mvcc {

/// The changes of one key that lie in the window, ascending; never empty while it is in the index.
class Chain {
 public:
  struct Change {
    Revision revision;
    KeyValuePtr kv;    ///< as in Event
    KeyValuePtr prev;  ///< as in Event
  };

  [[nodiscard]] ByteView key() const { return changes_.back().kv->key(); }
  [[nodiscard]] std::span<const Change> changes() const { return std::span(changes_).subspan(head_); }
  /// The first change after `at`, whose `prev` is what the key was at `at`; null: the key has not changed since.
  [[nodiscard]] const Change* first_after(Revision at) const;

  void push(Change change) { changes_.push_back(std::move(change)); }
  /// Forgets the oldest change; false: it is the last one and stays, for its key.
  [[nodiscard]] bool pop_oldest();

 private:
  std::vector<Change> changes_;
  std::size_t head_ = 0;  // of the changes that count; those before it are forgotten
};

/// Chains in the order of their keys.
struct ChainLess {
  using is_transparent = void;
  using ChainPtr = std::unique_ptr<Chain>;
  bool operator()(const ChainPtr& a, const ChainPtr& b) const { return a->key() < b->key(); }
  bool operator()(const ChainPtr& a, ByteView b) const { return a->key() < b; }
  bool operator()(ByteView a, const ChainPtr& b) const { return a < b->key(); }
};
using ChainIndex = absl::btree_set<std::unique_ptr<Chain>, ChainLess>;

/// The newest event batches, without a gap, and by key the changes in them: enough to read at every revision from one below the
/// oldest batch on. The changes by key are indexed only when somebody reads at an old revision, and only as far back as that one:
/// applying does not pay for reads that nobody makes. What was indexed leaves the index with its batch.
class HistoryWindow {
 public:
  /// `batch` must follow the newest one.
  void push(EventBatchPtr batch);
  /// Forgets the oldest batches until at most `bytes_max` are left.
  void shrink_to(std::size_t bytes_max);
  /// Forgets the batches below `revision`.
  void drop_below(Revision revision);

  [[nodiscard]] bool empty() const { return batches_.empty(); }
  [[nodiscard]] std::optional<Revision> oldest() const;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::deque<EventBatchPtr>& batches() const { return batches_; }
  /// The batches from `from` on, which must not be below the oldest; at most `count_max`.
  [[nodiscard]] std::vector<EventBatchPtr> from(Revision from, std::size_t count_max) const;

  /// Makes chains() and chain() know every change in the window after `at`. Costs what was not indexed yet.
  void index_after(Revision at) const;
  /// Of what is indexed; complete until the next change of the window.
  [[nodiscard]] const ChainIndex& chains() const { return chains_; }
  [[nodiscard]] const Chain* chain(ByteView key) const;
  /// By how many the selected keys have grown in number since `at`.
  [[nodiscard]] std::int64_t growth_since(Revision at, const KeySelector& keys) const;

  /// O(n). Aborts where window and chains disagree.
  void check_invariants() const;

 private:
  void pop_oldest();
  void expect_end() const;
  void index(const EventBatch& batch) const;
  [[nodiscard]] bool is_indexed(Revision revision) const { return revision >= indexed_from_ && revision < indexed_to_; }
  [[nodiscard]] std::size_t place_of(Revision revision) const;

  std::deque<EventBatchPtr> batches_;  // consecutive revisions
  std::deque<std::size_t> sizes_;      // of them: a batch that goes is not looked at again
  std::size_t bytes_ = 0;
  // A cache: the changes of the batches in [indexed_from_, indexed_to_).
  mutable ChainIndex chains_;
  mutable Revision indexed_from_;
  mutable Revision indexed_to_;
};

}  // namespace conclave::mvcc
