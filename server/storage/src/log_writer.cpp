#include "log_writer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "conclave/base/assert.hpp"
#include "conclave/codec/log_codec.hpp"
#include "log_reader.hpp"

namespace conclave::storage {
namespace {

/// How much of a new segment is written with zeros at a time, ahead of the records.
constexpr std::uint64_t ahead_bytes = std::uint64_t{1} << 20;

}  // namespace

Result<LogWriter> LogWriter::open(const Surroundings& around, const RecoveredLog& log) {
  auto out = File::open(around.directory.path_of(log.tail.segments.back()->number), File::Mode::write_direct);
  if (!out.has_value()) return fail(out.error());
  const auto written = out->written_until(log.tail.end);
  if (!written.has_value()) return fail(written.error());
  LogWriter writer(around, log, std::move(*out));
  writer.written_until_ = *written;
  return writer;
}

LogWriter::LogWriter(const Surroundings& around, const RecoveredLog& log, File out)
    : around_(around), out_(std::move(out)), tail_(log.tail), head_(log.head), memberships_(log.memberships) {
  if (log.base) base_ = log.base->last;
}

/// Crash argument: everything the writes change, head included, is one record with a checksum, so a crash leaves all of it or
/// nothing; it is acknowledged only after the flush, so what was acknowledged is there. The mark follows the flush: it never claims
/// a write that is not durable. The index follows too: nobody reads what a crash could take back.
Result<std::size_t> LogWriter::execute(std::span<const raft::Write> writes) {
  CONCLAVE_ASSERT(!writes.empty());
  record_.clear();
  Draft draft;
  draft.head = head_;
  for (const auto& write : writes) {
    if (auto done = fill(draft, write); !done.has_value()) return fail(done.error());
  }
  ++draft.head.sequence;
  if (auto done = write_record(draft); !done.has_value()) return fail(done.error());
  if (auto marked = around_.mark.advance(draft.head.sequence); !marked.has_value()) return fail(marked.error());
  publish(draft, tail_.end - record_.size());
  return record_.size();
}

Result<void> LogWriter::fill(Draft& draft, const raft::Write& write) {
  if (write.hard_state) draft.head.hard_state = *write.hard_state;
  if (write.install_snapshot) {
    if (auto done = install(draft, *write.install_snapshot); !done.has_value()) return done;
  }
  if (write.truncate_from) {
    if (auto done = truncate(draft, *write.truncate_from); !done.has_value()) return done;
  }
  for (const auto& entry : write.entries) append(draft, *entry);
  return {};
}

/// Crash argument: the second set of tables is complete and in a checkpoint before the slot is filled. The base, the empty log and
/// the number of the set that counts change here in one record: before it is durable the old state and log stand, after it the new.
Result<void> LogWriter::install(Draft& draft, const raft::SnapshotMeta& meta) {
  const auto ready = around_.slot.get();
  if (!ready || ready->last != meta.last) {
    return fail(Errc::internal, "no received snapshot at index " + to_string(meta.last.index) + " to install");
  }
  CONCLAVE_ASSERT_MSG(record_.empty(), "a snapshot is installed by the first write of a record");
  record_.add(ItemKind::installed, codec::encode_snapshot_meta(meta));
  draft.head.last = meta.last;
  draft.head.checksum = 0;
  draft.head.generation = ready->generation;
  draft.installed = meta.last;
  draft.before = memberships_.at(head_.last.index);
  memberships_.reset(meta.last.index, meta.membership);
  return {};
}

Result<void> LogWriter::truncate(Draft& draft, Index from) {
  if (from > draft.head.last.index) return {};
  CONCLAVE_ASSERT_MSG(record_.empty(), "a truncation by the first write of a record");
  CONCLAVE_ASSERT_MSG(from > base_.index, "a truncation into what was cut");
  draft.head.last.index = from.prev();
  const auto checksum = find_end(draft.head.last);
  if (!checksum.has_value()) return fail(checksum.error());
  draft.head.checksum = *checksum;
  draft.truncate_from = from;
  draft.before = memberships_.at(head_.last.index);
  memberships_.truncate(from);
  record_.add(ItemKind::truncated,
              codec::encode_snapshot_meta(raft::SnapshotMeta{draft.head.last, memberships_.at(from.prev()), 0}));
  return {};
}

/// Completes the id of the entry at `end.index`, or of what stands for it if the log starts behind it; the checksum of its row.
Result<std::uint32_t> LogWriter::find_end(raft::EntryId& end) const {
  const auto rows = read_entries(around_.index, end.index, 0);
  if (!rows.has_value()) return fail(rows.error());
  if (!rows->empty()) {
    end = rows->front().entry->id;
    return rows->front().checksum;
  }
  const auto& oldest = *segments().front();
  if (oldest.after.index == end.index) {
    end = oldest.after;
    return oldest.after_checksum;
  }
  if (base_.index == end.index) {
    end = base_;
    return std::uint32_t{0};
  }
  return fail(Errc::corruption, "the log: index " + to_string(end.index) + " is missing");
}

void LogWriter::append(Draft& draft, const raft::Entry& entry) {
  CONCLAVE_ASSERT_MSG(entry.id.index == draft.head.last.index.next(), "an entry that does not follow the last one");
  const auto row = codec::encode_entry_parts(entry, draft.head.checksum);
  record_.add(ItemKind::entry, ByteView(row.header.data(), row.header.size()), row.payload.view());
  draft.head.last = entry.id;
  draft.head.checksum = row.checksum;
  if (!draft.first) draft.first = entry.id.index;
  if (const auto* membership = std::get_if<raft::Membership>(&entry.body)) memberships_.set(entry.id.index, *membership);
}

/// Crash argument: the name of a new segment and the record that begins it are durable before the first write in it is
/// acknowledged. Without them the segment counts as never begun, and the log ends where the one before it ends.
Result<void> LogWriter::write_record(const Draft& draft) {
  const bool full = tail_.end + record_.size() > segments().back()->bytes;
  if (full) {
    if (auto done = begin_segment(draft); !done.has_value()) return done;
  }
  const auto bytes = record_.finish(segments().back()->number, tail_.checksum, draft.head);
  const auto began = std::chrono::steady_clock::now();
  if (auto done = out_.write_at(tail_.end, bytes); !done.has_value()) return done;
  if (auto done = write_ahead(tail_.end + bytes.size()); !done.has_value()) return done;
  if (auto done = out_.sync_data(); !done.has_value()) return done;
  last_flush_ = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
  if (full) {
    if (auto done = around_.directory.sync(); !done.has_value()) return done;
  }
  tail_.end += bytes.size();
  tail_.checksum = record_.checksum();
  return {};
}

/// The first write of reserved blocks makes a flush wait for the file system's journal too, so many are written at once. They were
/// zeros before and are zeros afterwards: a crash changes nothing that recovery sees. A segment that is used again has none.
Result<void> LogWriter::write_ahead(std::uint64_t end) {
  if (end <= written_until_) return {};
  const auto until = std::min(end + ahead_bytes, segments().back()->bytes / block_bytes * block_bytes);
  written_until_ = segments().back()->bytes;
  if (until <= end) return {};
  written_until_ = until;
  return out_.write_zeros(end, until - end);
}

Result<void> LogWriter::begin_segment(const Draft& draft) {
  const auto number = segments().back()->number + 1;
  const auto membership = draft.before ? *draft.before : memberships_.at(head_.last.index);
  beginning_.clear();
  beginning_.add(ItemKind::begins, codec::encode_snapshot_meta(raft::SnapshotMeta{head_.last, membership, 0}));
  if (auto done = around_.directory.make(number, beginning_.size() + record_.size()); !done.has_value()) return done;
  auto out = File::open(around_.directory.path_of(number), File::Mode::write_direct);
  if (!out.has_value()) return fail(out.error());
  out_ = std::move(*out);
  auto segment = around_.directory.open(number, head_.last, head_.checksum);
  if (!segment.has_value()) return fail(segment.error());
  tail_.segments.push_back(std::move(*segment));
  const auto written = out_.written_until(0);
  if (!written.has_value()) return fail(written.error());
  written_until_ = *written;
  const auto bytes = beginning_.finish(number, tail_.checksum, head_);
  if (auto done = out_.write_at(0, bytes); !done.has_value()) return done;
  tail_.end = bytes.size();
  tail_.checksum = beginning_.checksum();
  begun_ = true;
  return {};
}

void LogWriter::publish(const Draft& draft, std::uint64_t offset) {
  head_ = draft.head;
  if (draft.installed) {
    around_.index.clear();
    base_ = *draft.installed;
    cut_to_ = std::max(cut_to_, base_.index);
  }
  if (draft.truncate_from) around_.index.truncate(*draft.truncate_from);
  if (draft.first) around_.index.append(*draft.first, draft.head.last.index, segments().back(), offset);
}

void LogWriter::begin_cut(raft::EntryId to) {
  if (to.index > head_.last.index || to.index > around_.cut_limit.get()) return;
  cut_to_ = std::max(cut_to_, to.index);
}

/// Crash argument: the next segment says what stands before it, so the log is whole without this one; and everything before it is
/// in a durable checkpoint.
Result<void> LogWriter::cut_some() {
  if (!cutting()) return {};
  const auto gone = std::move(tail_.segments.front());
  tail_.segments.pop_front();
  around_.index.forget(*gone);
  memberships_.forget_before(segments().front()->after.index);
  return around_.directory.retire(gone->number, gone.use_count() == 1);
}

}  // namespace conclave::storage
