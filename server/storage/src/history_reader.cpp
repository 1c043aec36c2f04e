#include "history_reader.hpp"

#include <map>
#include <utility>

namespace conclave::storage {
namespace {

/// Visits the event batches with revisions from `from` on, ascending, until `visit` says false.
using VisitBatch = std::function<bool(const mvcc::EventBatchPtr& batch)>;

Result<mvcc::HistoryRow> history_row(ByteView key, ByteView value) {
  auto row = codec::decode_row(codec::Table::history, key, value);
  if (!row.has_value()) return fail(row.error());
  auto* history = std::get_if<mvcc::HistoryRow>(&*row);
  if (history == nullptr) return fail(Errc::corruption, "a history row of another kind");
  return std::move(*history);
}

bool visit_row(const mvcc::HistoryRow& row, Revision from, const VisitBatch& visit) {
  for (const auto& batch : row.batches) {
    if (batch->revision >= from && !visit(batch)) return false;
  }
  return true;
}

Result<void> visit_history(StateWriter& writer, Revision from, const VisitBatch& visit) {
  bool more = true;
  auto done = writer.table().scan(state_key(codec::Table::history, codec::history_key(from)),
                                  [&](codec::Table table, ByteView key, ByteView value) -> Result<bool> {
                                    if (table != codec::Table::history) return false;
                                    const auto row = history_row(key, value);
                                    if (!row.has_value()) return fail(row.error());
                                    more = visit_row(*row, from, visit);
                                    return more;
                                  });
  if (!done.has_value()) return done;
  for (const auto& row : writer.recent_history()) {
    if (!more) break;
    if (row.last >= from) more = visit_row(row, from, visit);
  }
  return {};
}

bool selects(const mvcc::WatchSpec& keys, ByteView key) {
  switch (keys.kind) {
    case mvcc::KeySelector::Kind::single: return key == keys.begin;
    case mvcc::KeySelector::Kind::range: return key >= keys.begin && key < keys.end;
    case mvcc::KeySelector::Kind::prefix: return key.starts_with(keys.begin);
    case mvcc::KeySelector::Kind::from: return key >= keys.begin;
  }
  return false;
}

}  // namespace

Result<engine::HistoryRead> read_history(StateWriter& writer, std::uint64_t token, Revision from, Revision to,
                                         std::size_t bytes_max) {
  engine::HistoryRead answer{token, from, {}, from < writer.handed().compacted};
  if (answer.compacted) return answer;
  std::size_t bytes = 0;
  auto done = visit_history(writer, from, [&](const mvcc::EventBatchPtr& batch) {
    if (batch->revision > to) return false;
    bytes += batch->size();
    if (!answer.batches.empty() && bytes > bytes_max) return false;
    answer.batches.push_back(batch);
    return true;
  });
  if (!done.has_value()) return fail(done.error());
  return answer;
}

Result<engine::OverlayRead> read_overlay(StateWriter& writer, std::uint64_t token, const mvcc::WatchSpec& keys, Revision at,
                                         Revision until) {
  engine::OverlayRead answer{token, until, {}, at < writer.handed().compacted};
  if (answer.compacted) return answer;
  std::map<std::string, mvcc::KeyValuePtr, std::less<>> first;  // what a key was before its first change after `at`
  auto done = visit_history(writer, at.next(), [&](const mvcc::EventBatchPtr& batch) {
    if (batch->revision > until) return false;
    for (const auto& event : batch->events) {
      if (selects(keys, event.kv->key()) && !first.contains(event.kv->key())) first.emplace(event.kv->key(), event.prev);
    }
    return true;
  });
  if (!done.has_value()) return fail(done.error());
  answer.overlay.rows.assign(first.begin(), first.end());
  return answer;
}

std::size_t size_of(const mvcc::HistoryRow& row) {
  std::size_t bytes = 0;
  for (const auto& batch : row.batches) bytes += batch->size();
  return bytes;
}

void HistoryTail::add(mvcc::HistoryRow row) {
  bytes_ += size_of(row);
  rows_.push_back(std::move(row));
  while (bytes_ > bytes_max_ && rows_.size() > 1) {
    bytes_ -= size_of(rows_.front());
    rows_.pop_front();
  }
}

}  // namespace conclave::storage
