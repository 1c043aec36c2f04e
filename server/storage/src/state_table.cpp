#include "state_table.hpp"

#include <charconv>
#include <filesystem>
#include <limits>
#include <utility>

#include "generation_files.hpp"

namespace conclave::storage {
namespace {

constexpr std::string_view uri_prefix = "table:state_";
constexpr auto table_config = "key_format=u,value_format=u,leaf_page_max=64KB,leaf_value_max=32MB,log=(enabled=false)";
/// The kernel begins to write after so many bytes: what gathered until a checkpoint would keep the log's flushes waiting for as
/// long as it takes to write.
constexpr auto steady_writes = "os_cache_dirty_max=4MB";

std::string uri_of(std::uint64_t generation) { return std::string(uri_prefix) + std::to_string(generation); }

bool is_of(codec::Table table, ByteView key) { return key.starts_with(static_cast<char>(table)); }
bool is_history(ByteView key) { return is_of(codec::Table::history, key); }
bool is_key(ByteView key) { return is_of(codec::Table::keys, key); }

/// The row with the list of runs: behind all rows of the state, which it is none of.
const std::string list_key = "\xff";

std::filesystem::path history_directory(const WtConnection& connection) { return connection.directory() / "history"; }
std::filesystem::path run_directory(const WtConnection& connection) { return connection.directory() / "runs"; }

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
  auto runs = table.open_runs(run_directory(connection));
  if (!runs.has_value()) return fail(runs.error());
  table.runs_ = std::move(*runs);
  if (auto done = table.move_rows(); !done.has_value()) return fail(done.error());
  return table;
}

Result<Runs> StateTable::open_runs(const std::filesystem::path& directory) {
  cursor_.set_key(list_key);
  const auto there = cursor_.search();
  if (!there.has_value()) return fail(there.error());
  auto runs = Runs::open(directory, generation_, *there ? std::optional(cursor_.value()) : std::nullopt);
  cursor_.reset();
  return runs;
}

/// Directories of format 3 have the rows of keys in the table. Crash argument: they leave it in the transaction that names the run,
/// which is flushed by then; until the next checkpoint a crash takes that back, and the file is removed.
Result<void> StateTable::move_rows() {
  const auto first = state_key(codec::Table::keys, {});
  std::string last;
  auto done = scan_table(first, [&](codec::Table table, ByteView key, ByteView value) -> Result<bool> {
    if (table != codec::Table::keys) return false;
    last = state_key(table, key);
    if (auto added = runs_.add(key, value); !added.has_value()) return fail(added.error());
    return true;
  });
  if (!done.has_value() || last.empty()) return done;
  if (done = runs_.end_run(); !done.has_value()) return done;
  if (done = flush(); !done.has_value()) return done;
  const auto list = runs_.take_list();
  done = in_transaction(session_, "moving rows into a run", [&](WtTransaction& transaction) {
    transaction.run([&] {
      cursor_.set_key(first);
      range_end_.set_key(last);
      return session_.truncate(cursor_.raw(), range_end_.raw());
    });
    transaction.run([&] {
      cursor_.set_key(list_key);
      return cursor_.put(*list);
    });
  });
  cursor_.reset();
  range_end_.reset();
  return done;
}

Result<void> StateTable::flush() {
  if (auto done = history_.flush(); !done.has_value()) return done;
  return runs_.flush();
}

void StateTable::checkpointed() {
  removal_.add(history_.take_erased());
  removal_.add(runs_.take_merged());
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

/// Puts rows of keys into runs, and the list of those into `puts` if it changed.
Result<void> StateTable::put_keys(std::vector<Put>& puts, std::optional<std::string>& list) {
  bool ends = false;
  for (const auto& put : puts) {
    ends = ends || is_of(codec::Table::meta, put.key);
    if (!is_key(put.key)) continue;
    auto done = runs_.add(put.key.substr(1), put.value != nullptr ? std::optional(ByteView(*put.value)) : std::nullopt);
    if (!done.has_value()) return done;
  }
  std::erase_if(puts, [](const Put& put) { return is_key(put.key); });
  if (ends) {
    if (auto done = runs_.end_run(); !done.has_value()) return done;
  }
  list = runs_.take_list();
  if (list) puts.push_back({list_key, &*list});
  return {};
}

Result<void> StateTable::write(std::vector<Put> puts) {
  std::deque<std::string> places;
  std::optional<std::string> list;
  if (auto beside = put_history(puts, places); !beside.has_value()) return beside;
  if (auto beside = put_keys(puts, list); !beside.has_value()) return beside;
  if (puts.empty()) return {};
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

Result<void> StateTable::end_rows() {
  if (auto done = runs_.end_run(); !done.has_value()) return done;
  return write({});
}

Result<bool> StateTable::merge(std::size_t bytes, std::uint64_t data_bytes) {
  const auto more = runs_.merge(bytes, data_bytes);
  if (!more.has_value()) return more;
  if (auto done = write({}); !done.has_value()) return fail(done.error());
  return more;
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
  const auto all = scan_some(from, std::numeric_limits<std::uint64_t>::max(), visit);
  return all.has_value() ? Result<void>() : fail(all.error());
}

/// The rows of keys are the first ones.
Result<std::optional<std::string>> StateTable::scan_some(ByteView from, std::uint64_t bytes_max, const Visit& visit) {
  if (from.empty() || is_key(from)) {
    const auto rows = runs_.scan(from.substr(from.empty() ? 0 : 1), bytes_max,
                                 [&](ByteView key, ByteView value) { return visit(codec::Table::keys, key, value); });
    if (!rows.has_value()) return fail(rows.error());
    if (rows->next) return std::optional(state_key(codec::Table::keys, *rows->next));
    if (rows->enough) return std::optional<std::string>();
  }
  std::optional<std::string> next;
  std::uint64_t bytes = 0;
  const auto done = scan_table(from, [&](codec::Table table, ByteView key, ByteView value) -> Result<bool> {
    const auto more = visit(table, key, value);
    if (!more.has_value() || !*more) return more;
    bytes += key.size() + value.size();
    if (bytes >= bytes_max) next = state_key(table, key) + '\0';  // the smallest key after this one
    return !next;
  });
  if (!done.has_value()) return fail(done.error());
  return next;
}

Result<void> StateTable::scan_table(ByteView from, const Visit& visit) {
  if (!from.empty()) cursor_.set_key(from);
  auto there = from.empty() ? cursor_.next() : cursor_.seek();  // WiredTiger refuses an empty key
  Result<bool> more = true;
  while (there.has_value() && *there && cursor_.text_key() != list_key) {
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

Result<void> drop_state_table(WtConnection& connection, WtSession& session, std::uint64_t generation) {
  if (auto done = session.drop(uri_of(generation)); !done.has_value()) return done;
  if (auto done = drop_generation_files(history_directory(connection), generation); !done.has_value()) return done;
  return drop_generation_files(run_directory(connection), generation);
}

Result<void> keep_state_files(WtConnection& connection, std::uint64_t generation) {
  if (auto done = keep_generation_files(history_directory(connection), generation); !done.has_value()) return done;
  return keep_generation_files(run_directory(connection), generation);
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
