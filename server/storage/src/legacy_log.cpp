#include "legacy_log.hpp"

#include <deque>
#include <utility>

#include "conclave/codec/log_codec.hpp"

namespace conclave::storage {
namespace {

Unexpected damaged(const std::string& what) { return fail(Errc::corruption, "table raft_log: " + what); }

Result<std::optional<std::string>> read_row(WtCursor& cursor, std::string_view key) {
  cursor.set_key(key);
  const auto there = cursor.search();
  if (!there.has_value()) return fail(there.error());
  if (!*there) return std::optional<std::string>();
  std::optional<std::string> value{std::string(cursor.value())};
  cursor.reset();
  return value;
}

/// Reads rows in order and checks each against the one before.
class Chain {
 public:
  Chain(raft::EntryId base, Index applied, std::size_t keep_bytes) : last_(base), applied_(applied), keep_bytes_(keep_bytes) {}

  Result<void> add(Index index, ByteView row, LegacyLog& log) {
    const auto at = [&] { return "index " + to_string(index) + ": "; };
    if (index != last_.index.next()) return damaged(at() + "follows " + to_string(last_.index) + ", rows are missing");
    auto decoded = codec::decode_entry(Bytes(std::string(row)));
    if (!decoded.has_value()) return damaged(at() + decoded.error().message());
    if (decoded->entry->id.index != index) return damaged(at() + "the row is of index " + to_string(decoded->entry->id.index));
    if (decoded->entry->id.term < last_.term) return damaged(at() + "the term goes back");
    if (has_checksum_ && decoded->previous_checksum != checksum_) return damaged(at() + "does not follow the row before");
    last_ = decoded->entry->id;
    checksum_ = decoded->checksum;
    has_checksum_ = true;
    if (const auto* membership = std::get_if<raft::Membership>(&decoded->entry->body)) log.memberships.set(index, *membership);
    bytes_ += row.size();
    entries_.emplace_back(std::move(decoded->entry), row.size());
    drop_applied(log);
    return {};
  }

  Result<void> finish(LegacyLog& log) {
    if (last_ != log.head.last) {
      return damaged("ends at index " + to_string(last_.index) + " of term " + to_string(last_.term) +
                     ", the head row says index " + to_string(log.head.last.index) + " of term " + to_string(log.head.last.term));
    }
    if (has_checksum_ && checksum_ != log.head.checksum)
      return damaged("index " + to_string(last_.index) + ": is not the row the head row names");
    for (auto& [entry, size] : entries_) log.entries.push_back(std::move(entry));
    return {};
  }

 private:
  void drop_applied(LegacyLog& log) {
    while (bytes_ > keep_bytes_ && entries_.front().first->id.index <= applied_) {
      const auto id = entries_.front().first->id;
      log.base = raft::SnapshotMeta{id, log.memberships.at(id.index), 0};
      bytes_ -= entries_.front().second;
      entries_.pop_front();
    }
  }

  raft::EntryId last_;
  Index applied_;
  std::size_t keep_bytes_;
  std::uint32_t checksum_ = 0;
  bool has_checksum_ = false;  // the row before the first one kept is gone
  std::size_t bytes_ = 0;
  std::deque<std::pair<raft::EntryPtr, std::size_t>> entries_;
};

Result<LegacyLog> read_meta(WtSession& session) {
  auto cursor = session.open(log_meta_uri);
  if (!cursor.has_value()) return fail(cursor.error());
  const auto head = read_row(*cursor, head_key);
  if (!head.has_value()) return fail(head.error());
  const auto base = read_row(*cursor, base_key);
  if (!base.has_value()) return fail(base.error());
  const auto bootstrap = read_row(*cursor, bootstrap_key);
  if (!bootstrap.has_value()) return fail(bootstrap.error());
  if (!*head || !*bootstrap) return fail(Errc::corruption, "table raft_meta: the head or bootstrap row is missing");

  LegacyLog log;
  auto decoded_head = decode_head(**head);
  if (!decoded_head.has_value()) return fail(decoded_head.error());
  log.head = *decoded_head;
  auto membership = codec::decode_membership(**bootstrap);
  if (!membership.has_value()) return fail(membership.error());
  log.memberships.set(Index(0), std::move(*membership));
  if (*base) {
    auto meta = codec::decode_snapshot_meta(**base);
    if (!meta.has_value()) return fail(meta.error());
    log.memberships.reset(meta->last.index, meta->membership);
    log.base = std::move(*meta);
  }
  return log;
}

}  // namespace

Result<Head> read_legacy_head(WtSession& session) {
  auto meta = read_meta(session);
  if (!meta.has_value()) return fail(meta.error());
  return meta->head;
}

Result<LegacyLog> read_legacy_log(WtSession& session, Index applied, std::size_t keep_bytes) {
  auto log = read_meta(session);
  if (!log.has_value()) return log;
  const auto base = log->base ? log->base->last : raft::EntryId{};
  if (base.index > applied) {
    return damaged("starts after index " + to_string(base.index) + ", but the state is at " + to_string(applied));
  }
  auto cursor = session.open(log_uri);
  if (!cursor.has_value()) return fail(cursor.error());
  Chain chain(base, applied, keep_bytes);
  cursor->set_key(base.index.next().value());  // what a cut did not remove yet lies before
  for (auto there = cursor->seek();; there = cursor->next()) {
    if (!there.has_value()) return damaged(there.error().message());
    if (!*there) break;
    if (auto done = chain.add(Index(cursor->number_key()), cursor->value(), *log); !done.has_value()) return fail(done.error());
  }
  if (auto done = chain.finish(*log); !done.has_value()) return fail(done.error());
  return log;
}

}  // namespace conclave::storage
