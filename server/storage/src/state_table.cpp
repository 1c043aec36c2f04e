#include "state_table.hpp"

#include <charconv>
#include <utility>

namespace conclave::storage {
namespace {

constexpr std::string_view uri_prefix = "table:state_";
constexpr auto table_config = "key_format=u,value_format=u,leaf_page_max=64KB,leaf_value_max=32MB,log=(enabled=false)";
/// The kernel begins to write after so many bytes: what gathered until a checkpoint would keep the log's flushes waiting for as long
/// as it takes to write.
constexpr auto steady_writes = "os_cache_dirty_max=4MB";

std::string uri_of(std::uint64_t generation) { return std::string(uri_prefix) + std::to_string(generation); }

Result<bool> show(const WtCursor& cursor, std::uint64_t generation, const StateTable::Visit& visit) {
  const auto key = cursor.text_key();
  if (key.empty() || !codec::is_table(static_cast<std::uint8_t>(key[0]))) {
    return fail(Errc::corruption, uri_of(generation) + ": a row of an unknown kind");
  }
  return visit(static_cast<codec::Table>(key[0]), key.substr(1), cursor.value());
}

}  // namespace

std::string state_key(codec::Table table, ByteView key) {
  std::string bytes;
  bytes.reserve(1 + key.size());
  bytes += static_cast<char>(table);
  bytes.append(key);
  return bytes;
}

Result<StateTable> StateTable::open(WtConnection& connection, std::uint64_t generation) {
  StateTable table;
  table.generation_ = generation;
  auto session = connection.session();
  if (!session.has_value()) return fail(session.error());
  const auto uri = uri_of(generation);
  if (auto done = session->create(uri, table_config); !done.has_value()) return fail(done.error());
  if (auto done = session->alter(uri, steady_writes); !done.has_value()) return fail(done.error());
  auto cursor = session->open(uri);
  if (!cursor.has_value()) return fail(cursor.error());
  auto range_end = session->open(uri);
  if (!range_end.has_value()) return fail(range_end.error());
  table.session_ = std::move(*session);
  table.cursor_ = std::move(*cursor);
  table.range_end_ = std::move(*range_end);
  return table;
}

Result<void> StateTable::write(const std::vector<Put>& puts) {
  auto done = in_transaction(session_, "writing the state", [&](WtTransaction& transaction) {
    for (const auto& put : puts) {
      transaction.run([&] {
        cursor_.set_key(put.key);
        return put.value != nullptr ? cursor_.put(*put.value) : cursor_.remove();
      });
    }
  });
  cursor_.reset();
  return done;
}

Result<void> StateTable::erase_below(codec::Table table, ByteView below) {
  const auto first = state_key(table, {});
  const auto end = state_key(table, below);
  // WiredTiger removes its last key too: the greatest one below `end` must be found first.
  cursor_.set_key(end);
  auto there = cursor_.seek_back();
  while (there.has_value() && *there && cursor_.text_key() >= end) there = cursor_.previous();
  if (!there.has_value()) return fail(there.error());
  const auto last = *there ? std::string(cursor_.text_key()) : std::string();
  cursor_.reset();
  if (last < first) return {};
  auto done = in_transaction(session_, "removing old history", [&](WtTransaction& transaction) {
    transaction.run([&] {
      cursor_.set_key(first);
      range_end_.set_key(last);
      return session_.truncate(cursor_.raw(), range_end_.raw());
    });
  });
  cursor_.reset();
  range_end_.reset();
  return done;
}

Result<void> StateTable::scan(ByteView from, const Visit& visit) {
  if (!from.empty()) cursor_.set_key(from);
  auto there = from.empty() ? cursor_.next() : cursor_.seek();  // WiredTiger refuses an empty key
  Result<bool> more = true;
  while (there.has_value() && *there) {
    more = show(cursor_, generation_, visit);
    if (!more.has_value() || !*more) break;
    there = cursor_.next();
  }
  cursor_.reset();
  if (!more.has_value()) return fail(more.error());
  if (!there.has_value()) return fail(there.error());
  return {};
}

Result<void> StateTable::scan_back(ByteView before, const Visit& visit) {
  cursor_.set_key(before);
  auto there = cursor_.seek_back();
  while (there.has_value() && *there && cursor_.text_key() >= before) there = cursor_.previous();
  Result<bool> more = true;
  while (there.has_value() && *there) {
    more = show(cursor_, generation_, visit);
    if (!more.has_value() || !*more) break;
    there = cursor_.previous();
  }
  cursor_.reset();
  if (!more.has_value()) return fail(more.error());
  if (!there.has_value()) return fail(there.error());
  return {};
}

Result<std::optional<mvcc::MetaRow>> StateTable::meta() {
  const std::string key = state_key(codec::Table::meta, {});
  cursor_.set_key(key);
  const auto there = cursor_.search();
  if (!there.has_value()) return fail(there.error());
  if (!*there) return std::optional<mvcc::MetaRow>();
  auto row = codec::decode_row(codec::Table::meta, {}, cursor_.value());
  cursor_.reset();
  if (!row.has_value()) return fail(row.error());
  const auto* meta = std::get_if<mvcc::MetaRow>(&*row);
  if (meta == nullptr) return fail(Errc::corruption, uri_of(generation_) + ": the meta row is of another kind");
  return std::optional(*meta);
}

Result<void> drop_state_table(WtSession& session, std::uint64_t generation) { return session.drop(uri_of(generation)); }

Result<std::vector<std::uint64_t>> state_generations(WtSession& session) {
  WT_CURSOR* raw = nullptr;
  if (auto done = wt_check(session.raw()->open_cursor(session.raw(), "metadata:", nullptr, nullptr, &raw), "listing the tables");
      !done.has_value()) {
    return fail(done.error());
  }
  const WtCursor cursor(raw);
  std::vector<std::uint64_t> generations;
  int code = 0;
  while ((code = raw->next(raw)) == 0) {
    const char* key = nullptr;
    if ((code = raw->get_key(raw, &key)) != 0) break;
    const std::string_view name(key);
    if (!name.starts_with(uri_prefix)) continue;
    std::uint64_t generation = 0;
    const auto [end, bad] = std::from_chars(name.data() + uri_prefix.size(), name.data() + name.size(), generation);
    if (bad == std::errc() && end == name.data() + name.size()) generations.push_back(generation);
  }
  if (code != WT_NOTFOUND) return fail(wt_error(code, "listing the tables"));
  return generations;
}

}  // namespace conclave::storage
