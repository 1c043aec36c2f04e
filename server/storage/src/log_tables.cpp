#include "log_tables.hpp"

#include <deque>
#include <utility>

#include "conclave/base/crc32c.hpp"
#include "conclave/codec/log_codec.hpp"
#include "little_endian.hpp"

namespace conclave::storage {
namespace {

constexpr std::uint8_t head_format = 1;
constexpr std::size_t head_bytes = 64;

// One leaf page takes several batches of the usual size; a right-growing tree of large rows.
constexpr auto log_config =
    "key_format=Q,value_format=u,leaf_page_max=256KB,leaf_value_max=64MB,memory_page_max=10MB,log=(enabled=true)";
constexpr auto log_meta_config = "key_format=u,value_format=u,log=(enabled=true)";

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

  Result<void> add(Index index, ByteView row, RecoveredLog& log) {
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

  Result<void> finish(RecoveredLog& log) {
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
  void drop_applied(RecoveredLog& log) {
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

Result<RecoveredLog> read_meta(WtSession& session) {
  auto cursor = session.open(log_meta_uri);
  if (!cursor.has_value()) return fail(cursor.error());
  const auto head = read_row(*cursor, head_key);
  if (!head.has_value()) return fail(head.error());
  const auto base = read_row(*cursor, base_key);
  if (!base.has_value()) return fail(base.error());
  const auto bootstrap = read_row(*cursor, bootstrap_key);
  if (!bootstrap.has_value()) return fail(bootstrap.error());
  if (!*head || !*bootstrap) return fail(Errc::corruption, "table raft_meta: the head or bootstrap row is missing");

  RecoveredLog log;
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
    log.stored_base = meta->last.index;
    log.base = std::move(*meta);
  }
  return log;
}

}  // namespace

std::string encode_head(const Head& head) {
  std::string body;
  put_little_endian(body, head.sequence);
  put_little_endian(body, head.hard_state.term.value());
  put_little_endian(body, head.hard_state.vote.value_or(MemberId()).value());
  put_little_endian(body, head.last.term.value());
  put_little_endian(body, head.last.index.value());
  put_little_endian(body, head.generation);
  put_little_endian(body, head.checksum);
  put_little_endian(body, std::uint32_t{head.hard_state.vote.has_value() ? 1U : 0U});
  std::string row;
  put_little_endian(row, std::uint32_t{head_format});
  put_little_endian(row, crc32c(body));
  return row + body;
}

Result<Head> decode_head(ByteView bytes) {
  const auto bad = [](const char* why) { return fail(Errc::corruption, std::string("table raft_meta: the head row ") + why); };
  if (bytes.size() < 8) return bad("is too short");
  if (get_little_endian<std::uint32_t>(bytes, 0) > head_format)
    return fail(Errc::version_mismatch, "table raft_meta: a newer format");
  if (bytes.size() != head_bytes) return bad("has a wrong size");
  if (get_little_endian<std::uint32_t>(bytes, 4) != crc32c(bytes.substr(8))) return bad("does not verify");
  const auto number = [&](std::size_t position) { return get_little_endian<std::uint64_t>(bytes, 8 + 8 * position); };
  Head head;
  head.sequence = number(0);
  head.hard_state.term = Term(number(1));
  head.last = {Term(number(3)), Index(number(4))};
  head.generation = number(5);
  head.checksum = get_little_endian<std::uint32_t>(bytes, 56);
  if (get_little_endian<std::uint32_t>(bytes, 60) != 0) head.hard_state.vote = MemberId(number(2));
  return head;
}

void Memberships::set(Index from, raft::Membership membership) {
  truncate(from);
  map_.insert_or_assign(from, std::move(membership));
}

void Memberships::forget_before(Index index) {
  auto after = map_.upper_bound(index);
  if (after == map_.begin()) return;
  map_.erase(map_.begin(), std::prev(after));
}

void Memberships::reset(Index from, raft::Membership membership) {
  map_.clear();
  map_.insert_or_assign(from, std::move(membership));
}

raft::Membership Memberships::at(Index index) const {
  const auto after = map_.upper_bound(index);
  return after == map_.begin() ? raft::Membership{} : std::prev(after)->second;
}

Result<void> create_log_tables(WtSession& session, const raft::Membership& bootstrap) {
  if (auto done = session.create(log_uri, log_config); !done.has_value()) return done;
  if (auto done = session.create(log_meta_uri, log_meta_config); !done.has_value()) return done;
  auto cursor = session.open(log_meta_uri);
  if (!cursor.has_value()) return fail(cursor.error());
  const auto head_row = encode_head(Head{});
  const auto bootstrap_row = codec::encode_membership(bootstrap);
  auto done = in_transaction(session, "creating the log", [&](WtTransaction& transaction) {
    cursor->set_key(head_key);
    transaction.run([&] { return cursor->put(head_row); });
    cursor->set_key(bootstrap_key);
    transaction.run([&] { return cursor->put(bootstrap_row); });
  });
  if (!done.has_value()) return done;
  return session.flush_log();
}

Result<Head> read_head(WtSession& session) {
  auto meta = read_meta(session);
  if (!meta.has_value()) return fail(meta.error());
  return meta->head;
}

Result<RecoveredLog> recover_log(WtSession& session, Index applied, std::size_t keep_bytes) {
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
