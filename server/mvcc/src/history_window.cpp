#include "history_window.hpp"

#include <algorithm>

#include "conclave/base/assert.hpp"
#include "key_select.hpp"

namespace conclave::mvcc {
namespace {

constexpr std::size_t steps_ahead = 4;
constexpr std::size_t events_ahead = 4;

}  // namespace

const Chain::Change* Chain::first_after(Revision at) const {
  const auto alive = changes();
  const auto found = std::upper_bound(alive.begin(), alive.end(), at, [](Revision r, const Change& c) { return r < c.revision; });
  return found == alive.end() ? nullptr : &*found;
}

bool Chain::pop_oldest() {
  if (head_ + 1 == changes_.size()) return false;
  changes_[head_] = {};
  ++head_;
  // Moving the rest down only when half is dead keeps a pop O(1) on average.
  if (head_ * 2 > changes_.size()) {
    changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return true;
}

void HistoryWindow::push(EventBatchPtr batch) {
  CONCLAVE_ASSERT(batches_.empty() || batch->revision == batches_.back()->revision.next());
  sizes_.push_back(batch->size());
  bytes_ += sizes_.back();
  batches_.push_back(std::move(batch));
}

void HistoryWindow::index_after(Revision at) const {
  if (batches_.empty()) return;
  const Revision from = std::max(at.next(), batches_.front()->revision);
  const Revision to = batches_.back()->revision.next();
  // Going on where the index ends is right only if it reaches back far enough, and worth it only if it is not far behind.
  if (from < indexed_from_ || from > indexed_to_) {
    chains_.clear();
    indexed_from_ = indexed_to_ = from;
  }
  for (; indexed_to_ < to; indexed_to_ = indexed_to_.next()) index(*batches_[place_of(indexed_to_)]);
}

void HistoryWindow::index(const EventBatch& batch) const {
  for (const Event& event : batch.events) {
    Chain::Change change{batch.revision, event.kv, event.prev};
    const auto found = chains_.lower_bound(event.kv->key());
    if (found != chains_.end() && (*found)->key() == event.kv->key()) {
      (*found)->push(std::move(change));
      continue;
    }
    auto chain = std::make_unique<Chain>();
    chain->push(std::move(change));
    chains_.insert(found, std::move(chain));
  }
}

void HistoryWindow::pop_oldest() {
  const EventBatchPtr batch = std::move(batches_.front());
  batches_.pop_front();
  bytes_ -= sizes_.front();
  sizes_.pop_front();
  if (!is_indexed(batch->revision)) return;
  indexed_from_ = batch->revision.next();
  for (const Event& event : batch->events) {
    const auto found = chains_.find(event.kv->key());
    CONCLAVE_ASSERT(found != chains_.end());
    if (!(*found)->pop_oldest()) chains_.erase(found);
  }
}

void HistoryWindow::shrink_to(std::size_t bytes_max) {
  while (bytes_ > bytes_max) {
    expect_end();
    pop_oldest();
  }
}

/// What goes was made long ago and is in no cache. So the processor is told of what goes next, step by step, to wait for all at
/// once.
void HistoryWindow::expect_end() const {
  if (batches_.size() <= 3 * steps_ahead) return;
  __builtin_prefetch(batches_[3 * steps_ahead].get(), 1);
  __builtin_prefetch(batches_[2 * steps_ahead]->events.data());
  const auto& events = batches_[steps_ahead]->events;
  for (std::size_t i = 0; i < std::min(events.size(), events_ahead); ++i) {
    __builtin_prefetch(events[i].kv.get(), 1);
    __builtin_prefetch(events[i].prev.get(), 1);
  }
}

void HistoryWindow::drop_below(Revision revision) {
  while (!batches_.empty() && batches_.front()->revision < revision) pop_oldest();
}

std::optional<Revision> HistoryWindow::oldest() const {
  if (batches_.empty()) return std::nullopt;
  return batches_.front()->revision;
}

std::size_t HistoryWindow::place_of(Revision revision) const {
  if (batches_.empty() || revision > batches_.back()->revision) return batches_.size();
  CONCLAVE_ASSERT(revision >= batches_.front()->revision);
  return revision.minus(batches_.front()->revision);
}

std::vector<EventBatchPtr> HistoryWindow::from(Revision from, std::size_t count_max) const {
  const std::size_t begin = place_of(from);
  const std::size_t count = std::min(count_max, batches_.size() - begin);
  const auto first = batches_.begin() + static_cast<std::ptrdiff_t>(begin);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

const Chain* HistoryWindow::chain(ByteView key) const {
  const auto found = chains_.find(key);
  return found == chains_.end() ? nullptr : found->get();
}

std::int64_t HistoryWindow::growth_since(Revision at, const KeySelector& keys) const {
  std::int64_t growth = 0;
  for (std::size_t i = place_of(at.next()); i < batches_.size(); ++i) {
    for (const Event& event : batches_[i]->events) {
      if (!selects(keys, event.kv->key())) continue;
      if (event.kind == EventKind::erase) --growth;
      if (event.kind == EventKind::put && !event.prev) ++growth;
    }
  }
  return growth;
}

void HistoryWindow::check_invariants() const {
  std::size_t bytes = 0;
  std::size_t events = 0;
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    const EventBatchPtr& batch = batches_[i];
    CONCLAVE_ASSERT(batch->revision == batches_.front()->revision.plus(i));
    CONCLAVE_ASSERT(batch->size() == sizes_[i]);
    bytes += batch->size();
    if (is_indexed(batch->revision)) events += batch->events.size();
  }
  CONCLAVE_ASSERT(bytes == bytes_);
  std::size_t chained = 0;
  for (const auto& chain : chains_) chained += chain->changes().size();
  CONCLAVE_ASSERT(chained == events);
}

}  // namespace conclave::mvcc
