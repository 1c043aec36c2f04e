#include "log_writer.hpp"

#include <limits>
#include <utility>

#include "conclave/base/assert.hpp"
#include "conclave/codec/log_codec.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint64_t cut_rows = 512;  // removed at a time, so that a write does not wait long behind a cut
constexpr Index no_index{std::numeric_limits<std::uint64_t>::max()};

}  // namespace

Result<LogWriter::Parts> LogWriter::open_parts(WtConnection& connection) {
  auto session = connection.session();
  if (!session.has_value()) return fail(session.error());
  auto rows = session->open(log_uri);
  if (!rows.has_value()) return fail(rows.error());
  auto meta = session->open(log_meta_uri);
  if (!meta.has_value()) return fail(meta.error());
  auto range_end = session->open(log_uri);
  if (!range_end.has_value()) return fail(range_end.error());
  return Parts{std::move(*session), std::move(*rows), std::move(*range_end), std::move(*meta)};
}

LogWriter::LogWriter(Parts parts, const RecoveredLog& log, DurableMark& mark, const InstallSlot& slot, const CutLimit& cut_limit)
    : parts_(std::move(parts)),
      mark_(mark),
      slot_(slot),
      cut_limit_(cut_limit),
      head_(log.head),
      base_(log.stored_base),
      memberships_(log.memberships) {
  // A cut may have been interrupted: rows at or below the base can be left.
  cut_last_ = base_;
}

/// Crash argument: everything the writes change, head row included, is one transaction, so a crash leaves all of it or nothing; it
/// is acknowledged only after the flush that ends this function, so what was acknowledged is there. The mark follows the flush: it
/// never claims a write that is not durable.
Result<std::size_t> LogWriter::execute(std::span<const raft::Write> writes) {
  CONCLAVE_ASSERT(!writes.empty());
  Draft draft;
  auto done = in_transaction(parts_.session, "writing the log", [&](WtTransaction& transaction) {
    draft = Draft{head_, base_, memberships_, 0, {}};
    fill(transaction, draft, writes);
  });
  if (draft.error) return fail(*draft.error);
  if (!done.has_value()) return fail(done.error());
  if (auto flushed = parts_.session.flush_log(); !flushed.has_value()) return fail(flushed.error());
  if (auto marked = mark_.advance(draft.head.sequence); !marked.has_value()) return fail(marked.error());
  head_ = draft.head;
  memberships_ = std::move(draft.memberships);
  if (draft.base != base_) cut_last_ = base_ = draft.base;
  return draft.bytes;
}

void LogWriter::fill(WtTransaction& transaction, Draft& draft, std::span<const raft::Write> writes) {
  for (const auto& write : writes) {
    if (write.hard_state) draft.head.hard_state = *write.hard_state;
    if (write.install_snapshot) install(transaction, draft, *write.install_snapshot);
    if (write.truncate_from) truncate(transaction, draft, *write.truncate_from);
    for (const auto& entry : write.entries) append(transaction, draft, *entry);
  }
  ++draft.head.sequence;
  const auto row = encode_head(draft.head);
  parts_.meta.set_key(head_key);
  transaction.run([&] { return parts_.meta.put(row); });
  parts_.meta.reset();
  parts_.rows.reset();
}

void LogWriter::give_up(WtTransaction& transaction, Draft& draft, Error error) {
  if (!draft.error) draft.error = std::move(error);
  transaction.run([] { return WT_NOTFOUND; });  // any code but success and WT_ROLLBACK ends the transaction for good
}

/// Crash argument: the second set of tables is complete and in a checkpoint before the slot is filled. The base, the empty log and
/// the number of the set that counts change here in one transaction: before it is durable the old state and log stand, after it the
/// new.
void LogWriter::install(WtTransaction& transaction, Draft& draft, const raft::SnapshotMeta& meta) {
  const auto ready = slot_.get();
  if (!ready || ready->last != meta.last) {
    return give_up(transaction, draft,
                   Error{Errc::internal, "no received snapshot at index " + to_string(meta.last.index) + " to install"});
  }
  transaction.run([&] { return remove_rows(Index(1), no_index); });
  put_base(transaction, meta);
  draft.head.last = meta.last;
  draft.head.checksum = 0;
  draft.head.generation = ready->generation;
  draft.base = meta.last.index;
  draft.memberships.reset(meta.last.index, meta.membership);
}

void LogWriter::truncate(WtTransaction& transaction, Draft& draft, Index from) {
  CONCLAVE_ASSERT_MSG(draft.error || from > draft.base, "a truncation into what was cut");
  if (from > draft.head.last.index) return;
  const auto link = link_at(from.prev());
  if (!link.has_value()) return give_up(transaction, draft, link.error());
  draft.head.last = link->id;
  draft.head.checksum = link->checksum;
  draft.memberships.truncate(from);
  transaction.run([&] { return remove_rows(from, no_index); });
}

/// The row of an index or, where a cut removed it, the base that stands for it.
Result<LogWriter::Link> LogWriter::link_at(Index index) {
  if (index.is_zero()) return Link{};
  parts_.rows.set_key(index.value());
  const auto there = parts_.rows.search();
  if (!there.has_value()) return fail(there.error());
  if (*there) {
    const auto row = codec::decode_entry(Bytes(std::string(parts_.rows.value())));
    if (!row.has_value()) return fail(row.error());
    return Link{row->entry->id, row->checksum};
  }
  parts_.meta.set_key(base_key);
  const auto found = parts_.meta.search();
  if (!found.has_value()) return fail(found.error());
  if (*found) {
    const auto base = codec::decode_snapshot_meta(parts_.meta.value());
    if (!base.has_value()) return fail(base.error());
    if (base->last.index == index) return Link{base->last, 0};
  }
  return fail(Errc::corruption, "table raft_log: index " + to_string(index) + " is missing");
}

void LogWriter::append(WtTransaction& transaction, Draft& draft, const raft::Entry& entry) {
  CONCLAVE_ASSERT_MSG(draft.error || entry.id.index == draft.head.last.index.next(), "an entry that does not follow the last one");
  auto row = codec::encode_entry(entry, draft.head.checksum);
  transaction.run([&] {
    parts_.rows.set_key(entry.id.index.value());
    return parts_.rows.put(row.bytes);
  });
  draft.head.last = entry.id;
  draft.head.checksum = row.checksum;
  draft.bytes += row.bytes.size();
  if (const auto* membership = std::get_if<raft::Membership>(&entry.body)) draft.memberships.set(entry.id.index, *membership);
}

void LogWriter::put_base(WtTransaction& transaction, const raft::SnapshotMeta& meta) {
  const auto row = codec::encode_snapshot_meta(meta);
  transaction.run([&] {
    parts_.meta.set_key(base_key);
    return parts_.meta.put(row);
  });
}

int LogWriter::remove_rows(Index first, Index last) {
  parts_.rows.set_key(first.value());
  parts_.range_end.set_key(last.value());
  const int code = parts_.session.truncate(parts_.rows.raw(), parts_.range_end.raw());
  parts_.rows.reset();
  parts_.range_end.reset();
  return code;
}

/// Crash argument: the base moves first; recovery starts behind it and does not miss the rows before, however many are removed.
/// This needs no flush of its own: a crash that undoes it undoes the removals after it too, because the log keeps their order.
Result<void> LogWriter::begin_cut(raft::EntryId to) {
  if (to.index <= base_ || to.index > head_.last.index || to.index > cut_limit_.get()) return {};
  memberships_.forget_before(to.index);
  auto done = in_transaction(parts_.session, "cutting the log", [&](WtTransaction& transaction) {
    put_base(transaction, raft::SnapshotMeta{to, memberships_.at(to.index), 0});
  });
  if (!done.has_value()) return done;
  cut_last_ = base_ = to.index;
  return {};
}

Result<void> LogWriter::cut_some() {
  parts_.rows.set_key(cut_next_.value());
  const auto there = parts_.rows.seek();
  if (!there.has_value()) return fail(there.error());
  const auto first = *there ? Index(parts_.rows.number_key()) : no_index;
  parts_.rows.reset();
  if (first > cut_last_) {
    cut_next_ = cut_last_.next();
    return {};
  }
  const auto last = std::min(first.plus(cut_rows - 1), cut_last_);
  auto done = in_transaction(parts_.session, "cutting the log",
                             [&](WtTransaction& transaction) { transaction.run([&] { return remove_rows(first, last); }); });
  cut_next_ = last.next();
  return done;
}

}  // namespace conclave::storage
