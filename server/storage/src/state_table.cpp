#include "state_table.hpp"

#include <charconv>
#include <utility>

namespace conclave::storage {
namespace {

constexpr std::string_view uri_prefix = "table:state_";
constexpr auto table_config = "key_format=u,value_format=u,leaf_page_max=64KB,leaf_value_max=32MB,log=(enabled=false)";
/// The kernel begins to write after so many bytes: what gathered until a checkpoint would keep the log's flushes waiting for as
/// long as it takes to write.
constexpr auto steady_writes = "os_cache_dirty_max=4MB";

std::string uri_of(std::uint64_t generation) { return std::string(uri_prefix) + std::to_string(generation); }

bool is_history(ByteView key) { return key.starts_with(static_cast<char>(codec::Table::history)); }

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
  const auto newest = table.newest_history();
  if (!newest.has_value()) return fail(newest.error());
  auto history = HistoryFiles::open(history_directory(connection), generation, *newest);
  if (!history.has_value()) return fail(history.error());
  table.history_ = std::move(*history);
  return table;
}

/// The key of the last row of history, as a number.
Result<std::optional<std::uint64_t>> StateTable::newest_history() {
  const auto end = state_key(codec::Table::meta, {});
  cursor_.set_key(end);
  auto there = cursor_.seek_back();
  while (there.has_value() && *there && cursor_.text_key() >= end) there = cursor_.previous();
  if (!there.has_value()) return fail(there.error());
  std::optional<Result<std::uint64_t>> newest;
  if (*there && is_history(cursor_.text_key())) newest = codec::number_of(cursor_.text_key().substr(1));
  cursor_.reset();
  if (!newest) return std::optional<std::uint64_t>();
  if (!newest->has_value()) return fail(newest->error());
  return std::optional(**newest);
}

Result<bool> StateTable::show(const Visit& visit) {
  const auto key = cursor_.text_key();
  if (key.empty() || !codec::is_table(static_cast<std::uint8_t>(key[0]))) {
    return fail(Errc::corruption, uri_of(generation_) + ": a row of an unknown kind");
  }
  const auto place = is_history(key) ? place_in(cursor_.value()) : std::nullopt;
  if (!place) return visit(static_cast<codec::Table>(key[0]), key.substr(1), cursor_.value());
  const auto row = history_.read(*place);
  if (!row.has_value()) return fail(row.error());
  return visit(codec::Table::history, key.substr(1), *row);
}

/// Puts rows of history into their files, and their places instead of them into `puts`. `places` keeps those.
Result<void> StateTable::put_history(std::vector<Put>& puts, std::deque<std::string>& places) {
  for (auto& put : puts) {
    if (!is_history(put.key) || put.value == nullptr) continue;
    const auto key = codec::number_of(put.key.substr(1));
    if (!key.has_value()) return fail(key.error());
    put.value = &places.emplace_back(encode(history_.add(*key, *put.value)));
  }
  return history_.write();
}

Result<void> StateTable::write(std::vector<Put> puts) {
  std::deque<std::string> places;
  if (auto beside = put_history(puts, places); !beside.has_value()) return beside;
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

Result<void> StateTable::erase_history(ByteView below) {
  const auto key = codec::number_of(below);
  if (!key.has_value()) return fail(key.error());
  const auto first = state_key(codec::Table::history, {});
  const auto end = state_key(codec::Table::history, below);
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
  if (done.has_value()) history_.erase_below(*key);
  return done;
}

Result<void> StateTable::scan(ByteView from, const Visit& visit) {
  if (!from.empty()) cursor_.set_key(from);
  auto there = from.empty() ? cursor_.next() : cursor_.seek();  // WiredTiger refuses an empty key
  Result<bool> more = true;
  while (there.has_value() && *there) {
    more = show(visit);
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
    more = show(visit);
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

std::filesystem::path history_directory(const WtConnection& connection) { return connection.directory() / "history"; }

Result<void> drop_state_table(WtConnection& connection, WtSession& session, std::uint64_t generation) {
  if (auto done = session.drop(uri_of(generation)); !done.has_value()) return done;
  return drop_history_files(history_directory(connection), generation);
}

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
