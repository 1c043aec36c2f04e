#include <algorithm>

#include "engine/storage_parts.hpp"

namespace conclave::sim {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace

void SimStateStore::apply(mvcc::StateDelta delta) {
  require(delta.meta.applied == handed_.next(), [&] {
    return "the state store is given the delta of index " + to_string(delta.meta.applied) + " after that of " + to_string(handed_);
  });
  handed_ = delta.meta.applied;
  for (const auto& change : delta.changes) {
    if (const auto* row = std::get_if<mvcc::HistoryRow>(&change)) remember(*row);
    if (const auto* gone = std::get_if<mvcc::HistoryErase>(&change)) {
      floor_ = std::max(floor_, gone->below);
      history_.erase(history_.begin(), history_.lower_bound(gone->below));
    }
  }
  deltas_.push_back(std::move(delta));
}

void SimStateStore::remember(const mvcc::HistoryRow& row) { history_[row.last] = row.batches; }

void SimStateStore::set_durable(Index durable) {
  shared_.owner.on_set_durable(durable);
  durable_ = std::max(durable_, durable);
}

raft::EntryId SimStateStore::fold() {
  StateImage& image = shared_.image;
  while (!deltas_.empty() && deltas_.front().meta.applied <= durable_) {
    const mvcc::StateDelta& delta = deltas_.front();
    for (const auto& change : delta.changes) {
      std::visit(Overload{
                     [&](codec::RowBytes&& row) {
                       image.rows[{row.table, std::move(row.key)}] = std::move(row.value);
                     },
                     [&](codec::RowErase&& gone) {
                       image.rows.erase({gone.table, gone.key});
                     },
                     [&](codec::RowsEraseBelow&& gone) {
                       image.rows.erase(image.rows.lower_bound({gone.table, {}}), image.rows.lower_bound({gone.table, gone.key}));
                     },
                 },
                 codec::encode_change(change));
    }
    codec::RowBytes meta = codec::encode_meta(delta.meta);
    image.rows[{meta.table, std::move(meta.key)}] = std::move(meta.value);
    image.applied = {delta.meta.applied_term, delta.meta.applied};
    deltas_.pop_front();
  }
  image.memberships = shared_.memberships;
  // What was appended later may be cut from the log again.
  image.memberships.erase(image.memberships.upper_bound(image.applied.index), image.memberships.end());
  return image.applied;
}

void SimStateStore::checkpoint(std::uint64_t data_bytes) {
  if (checkpointing_) {
    again_ = true;
    return;
  }
  checkpointing_ = true;
  shared_.answer(milliseconds(1), milliseconds(400), "checkpoint", [this, data_bytes] {
    checkpointing_ = false;
    const raft::EntryId applied = fold();
    std::uint64_t size = 0;
    for (const auto& [key, value] : shared_.image.rows) size += key.second.size() + value.size();
    shared_.owner.deliver(engine::CheckpointDone{applied, size});
    if (std::exchange(again_, false)) checkpoint(data_bytes);
  });
}

std::vector<mvcc::EventBatchPtr> SimStateStore::batches(Revision from, Revision to) const {
  std::vector<mvcc::EventBatchPtr> found;
  for (auto row = history_.lower_bound(from); row != history_.end(); ++row)
    for (const auto& batch : row->second)
      if (batch->revision >= from && batch->revision <= to) found.push_back(batch);
  return found;
}

void SimStateStore::read_history(std::uint64_t token, Revision from, Revision to, std::size_t bytes_max) {
  shared_.answer(microseconds(20), milliseconds(30), "history read", [this, token, from, to, bytes_max] {
    engine::HistoryRead read{token, from, {}, from < floor_};
    std::size_t bytes = 0;
    if (!read.compacted) {
      for (auto& batch : batches(from, to)) {
        bytes += batch->size();
        if (!read.batches.empty() && bytes > bytes_max) break;
        read.batches.push_back(std::move(batch));
      }
    }
    shared_.owner.deliver(std::move(read));
  });
}

void SimStateStore::read_overlay(std::uint64_t token, const mvcc::WatchSpec& keys, Revision at, Revision until) {
  shared_.answer(microseconds(20), milliseconds(30), "overlay read", [this, token, keys, at, until] {
    engine::OverlayRead read{token, until, {}, at < floor_};
    std::map<std::string, mvcc::KeyValuePtr> before;
    mvcc::WatchSpec all = keys;
    all.no_put = all.no_delete = false;
    for (const auto& batch : batches(at.next(), until))
      for (const auto& event : batch->events)
        if (all.wants(event)) before.emplace(std::string(event.kv->key()), event.prev);
    if (!read.compacted) read.overlay.rows.assign(before.begin(), before.end());
    shared_.owner.deliver(std::move(read));
  });
}

void SimStateStore::opened(Index applied, Revision compacted) {
  handed_ = applied;
  floor_ = compacted;
  history_.clear();
  for (const auto& [key, value] : shared_.image.rows) {
    if (key.first != codec::Table::history) continue;
    const auto row = codec::decode_row(key.first, key.second, value);
    require(row.has_value(), [&] { return "a history row does not decode: " + row.error().message(); });
    remember(std::get<mvcc::HistoryRow>(*row));
  }
}

void SimStateStore::replaced() {
  deltas_.clear();
  const auto machine = machine_of(shared_.image, {});
  require(machine.has_value(), [&] { return "an installed snapshot does not load: " + machine.error().message(); });
  opened((*machine)->applied(), (*machine)->compacted());
}

void SimStateStore::crashed() {
  // A checkpoint under way may have been just complete.
  if (checkpointing_ && shared_.prng.chance(1, 2)) fold();
  checkpointing_ = again_ = false;
  deltas_.clear();
  history_.clear();
  durable_ = Index();
}

}  // namespace conclave::sim
