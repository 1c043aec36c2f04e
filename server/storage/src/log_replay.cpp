#include "log_replay.hpp"

#include <utility>

#include "conclave/codec/log_codec.hpp"

namespace conclave::storage {

bool LogReplay::follows(const Record& record) const {
  if (!begun_) return record.begins();
  if (record.previous != record_checksum_) return false;
  return record.begins() ? record.head == log_.head : record.head.sequence == log_.head.sequence + 1;
}

Result<void> LogReplay::add(const Record& record, const SegmentPtr& segment, std::uint64_t offset) {
  const bool oldest = !std::exchange(begun_, true);
  record_checksum_ = record.checksum;
  if (record.begins()) {
    auto meta = codec::decode_snapshot_meta(record.items.front().bytes);
    if (!meta.has_value()) return fail(meta.error());
    if (record.items.size() > 1 || meta->last != record.head.last) return fail(Errc::corruption, "the beginning of a segment");
    if (!oldest) return {};
    restart(std::move(*meta));
    row_checksum_ = record.head.checksum;
    log_.head = record.head;
    return {};
  }
  std::optional<Index> first;
  for (const auto& item : record.items) {
    if (auto done = add_item(item, first); !done.has_value()) return done;
  }
  if (last_ != record.head.last || (row_checksum_ && *row_checksum_ != record.head.checksum)) {
    return fail(Errc::corruption, "ends at index " + to_string(last_.index) + " of term " + to_string(last_.term) +
                                      ", its head says index " + to_string(record.head.last.index) + " of term " +
                                      to_string(record.head.last.term));
  }
  row_checksum_ = record.head.checksum;
  log_.head = record.head;
  if (first) index_.append(*first, last_.index, segment, offset);
  return {};
}

Result<void> LogReplay::add_item(const Record::Item& item, std::optional<Index>& first) {
  if (item.kind == ItemKind::entry) {
    if (auto done = add_entry(item.bytes); !done.has_value()) return done;
    if (!first) first = last_.index;
    return {};
  }
  auto meta = codec::decode_snapshot_meta(item.bytes);
  if (!meta.has_value()) return fail(meta.error());
  if (item.kind == ItemKind::begins || first) return fail(Errc::corruption, "an item that is out of its place");
  if (item.kind == ItemKind::installed)
    restart(std::move(*meta));
  else
    truncate(std::move(*meta));
  return {};
}

Result<void> LogReplay::add_entry(ByteView row) {
  auto decoded = codec::decode_entry(Bytes(std::string(row)));
  const auto index = last_.index.next();
  const auto bad = [&](const std::string& what) { return fail(Errc::corruption, "index " + to_string(index) + ": " + what); };
  if (!decoded.has_value()) return fail(decoded.error().code, "index " + to_string(index) + ": " + decoded.error().context);
  const auto& id = decoded->entry->id;
  if (id.index != index) return bad("the row is of index " + to_string(id.index));
  if (id.term < last_.term) return bad("the term goes back");
  if (row_checksum_ && decoded->previous_checksum != *row_checksum_) return bad("does not follow the row before");
  last_ = id;
  row_checksum_ = decoded->checksum;
  if (const auto* membership = std::get_if<raft::Membership>(&decoded->entry->body)) log_.memberships.set(index, *membership);
  bytes_ += row.size();
  kept_.push_back({std::move(decoded->entry), row.size()});
  drop_applied();
  return {};
}

/// What is dropped may be truncated later in the log (it was not applied then); truncate() starts anew where that is so.
void LogReplay::drop_applied() {
  while (bytes_ > keep_bytes_ && kept_.front().entry->id.index <= applied_) {
    const auto id = kept_.front().entry->id;
    log_.base = raft::SnapshotMeta{id, log_.memberships.at(id.index), 0};
    bytes_ -= kept_.front().bytes;
    kept_.pop_front();
  }
}

void LogReplay::truncate(raft::SnapshotMeta meta) {
  const auto last = meta.last;
  const auto base = log_.base ? log_.base->last.index : Index(0);
  if (last.index < base) {
    // The oldest segments, which held what was truncated here, are gone or were passed over.
    restart(std::move(meta));
  } else {
    while (!kept_.empty() && kept_.back().entry->id.index > last.index) {
      bytes_ -= kept_.back().bytes;
      kept_.pop_back();
    }
    log_.memberships.truncate(last.index.next());
    index_.truncate(last.index.next());
    last_ = last;
  }
  row_checksum_.reset();
}

void LogReplay::restart(raft::SnapshotMeta meta) {
  kept_.clear();
  bytes_ = 0;
  index_.clear();
  last_ = meta.last;
  row_checksum_ = 0;
  log_.memberships.reset(meta.last.index, meta.membership);
  log_.base.reset();
  if (!meta.last.index.is_zero()) log_.base = std::move(meta);
}

RecoveredLog LogReplay::finish() {
  for (auto& kept : kept_) log_.entries.push_back(std::move(kept.entry));
  return std::move(log_);
}

}  // namespace conclave::storage
