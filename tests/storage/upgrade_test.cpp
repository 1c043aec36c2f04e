#include <wiredtiger.h>

#include <array>
#include <filesystem>
#include <string>

#include "bare_member.hpp"
#include "conclave/base/crc32c.hpp"
#include "conclave/codec/log_codec.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

/// Directories of format 1, whose log stood in tables of WiredTiger.
using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::uint64_t applied = 20;  // by the state
constexpr std::uint64_t base = 5;      // what was cut
constexpr std::uint64_t last = 40;
const raft::HardState vote{Term(4), MemberId(1)};

std::string payload(std::uint64_t index) { return "entry " + std::to_string(index) + std::string(index * 29 % 300, 'p'); }
raft::EntryPtr entry_at(std::uint64_t index) { return make_entry(index < 30 ? 1 : 3, index, payload(index)); }

mvcc::StateDelta apply_put(mvcc::Machine& machine, std::uint64_t index) {
  const std::string key = "key" + std::to_string(index % 7);
  const std::string value = payload(index);
  mvcc::PutOp put;
  put.key = key;
  put.value = value;
  const std::array<mvcc::Command, 1> commands{mvcc::Command{{}, {}, mvcc::Op{put}}};
  const mvcc::Batch batch{MachineVersion(1), cluster_time_from_millis(static_cast<std::int64_t>(index)), commands};
  return machine.apply(Index(index), Term(1), batch).delta;
}

/// A directory of today whose state is at `applied`.
void make_state(const Options& options) {
  auto storage = open_storage(options);
  REQUIRE(storage.has_value());
  auto& state = storage->opened.storage->state();
  for (std::uint64_t i = 1; i <= applied; ++i) {
    write_entries(*storage, i, {entry_at(i)});
    state.apply(apply_put(*storage->opened.recovered.machine, i));
  }
  state.set_durable(Index(applied));
  state.checkpoint(1 << 20);
  static_cast<void>(wait_for<engine::CheckpointDone>(*storage->inbox));
}

void append_number(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 0xff);
}

std::string head_row(std::uint64_t sequence, std::uint32_t checksum) {
  std::string body;
  append_number(body, sequence, 8);
  append_number(body, vote.term.value(), 8);
  append_number(body, vote.vote->value(), 8);
  append_number(body, 3, 8);  // the last entry's term and index
  append_number(body, last, 8);
  append_number(body, 1, 8);  // the state's generation
  append_number(body, checksum, 4);
  append_number(body, 1, 4);  // there is a vote
  std::string row;
  append_number(row, 1, 4);
  append_number(row, crc32c(body), 4);
  return row + body;
}

/// A cursor that is told keys and values; every step must succeed.
class Rows {
 public:
  Rows(WT_SESSION* session, const char* uri, const char* config) : session_(session) {
    good_ = session->create(session, uri, config) == 0 && session->open_cursor(session, uri, nullptr, nullptr, &cursor_) == 0;
  }
  template <class Key>
  void put(Key key, const std::string& value) {
    if (!good_) return;
    cursor_->set_key(cursor_, key);
    const WT_ITEM item{value.data(), value.size(), nullptr, 0, 0};
    cursor_->set_value(cursor_, &item);
    good_ = cursor_->insert(cursor_) == 0;
  }
  void put_named(const std::string& name, const std::string& value) {
    const WT_ITEM key{name.data(), name.size(), nullptr, 0, 0};
    put(&key, value);
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  WT_SESSION* session_;
  WT_CURSOR* cursor_ = nullptr;
  bool good_ = false;
};

/// Writes the old tables as a process that is killed afterwards leaves them.
int write_old_tables(const Options& options) {
  WT_CONNECTION* connection = nullptr;
  WT_SESSION* session = nullptr;
  const auto database = (options.directory / "db").string();
  if (::wiredtiger_open(database.c_str(), nullptr, "log=(enabled=true,file_max=1MB)", &connection) != 0) return 1;
  if (connection->open_session(connection, nullptr, nullptr, &session) != 0) return 2;
  // A database that was used without a log counts as logged from its first checkpoint with one.
  if (session->checkpoint(session, "force=true") != 0) return 5;
  Rows log(session, "table:raft_log", "key_format=Q,value_format=u,leaf_value_max=64MB,log=(enabled=true)");
  Rows meta(session, "table:raft_meta", "key_format=u,value_format=u,log=(enabled=true)");
  std::uint32_t checksum = 77;  // of the row that was cut
  for (std::uint64_t i = base + 1; i <= last; ++i) {
    const auto row = codec::encode_entry(*entry_at(i), checksum);
    checksum = row.checksum;
    log.put(i, row.bytes);
  }
  meta.put_named("bootstrap", codec::encode_membership(options.bootstrap));
  meta.put_named("base", codec::encode_snapshot_meta({entry_at(base)->id, options.bootstrap, 0}));
  meta.put_named("head", head_row(last + 1, checksum));
  if (!log.good() || !meta.good()) return 3;
  return session->log_flush(session, "sync=on") == 0 ? 0 : 4;
}

/// Makes a directory of format 1 out of one of today.
void make_old(const Options& options) {
  make_state(options);
  std::filesystem::remove_all(options.directory / "log");
  REQUIRE(run_and_die([&] { return write_old_tables(options); }) == 0);
  say_format(options, 1);
}

void check_all_there(const Options& options) {
  const auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  const auto& found = storage->opened.recovered;
  CHECK_FALSE(storage->opened.fresh);
  CHECK(found.raft.hard_state == vote);
  CHECK(found.raft.membership == options.bootstrap);
  CHECK(found.raft.applied == Index(applied));
  CHECK(found.machine->applied() == Index(applied));
  REQUIRE(found.raft.snapshot.has_value());
  CHECK(found.raft.snapshot->last == entry_at(base)->id);
  REQUIRE(found.raft.entries.size() == last - base);
  for (const auto& entry : found.raft.entries) CHECK(*entry == *entry_at(entry->id.index.value()));
}

}  // namespace

TEST_CASE("a directory of format 1 is opened with its log, its votes and its state, and can be opened again") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  make_old(options);
  check_all_there(options);
  check_all_there(options);
  for (const auto& item : std::filesystem::directory_iterator(options.directory / "db")) {
    const auto name = item.path().filename().string();
    CHECK_FALSE(name.starts_with("WiredTigerLog."));
    CHECK_FALSE(name.starts_with("raft_"));
  }
}

TEST_CASE("a directory of format 1 goes on in the new log") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  make_old(options);
  {
    auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    write_entries(*storage, 1, {entry_at(last + 1)});
  }
  const auto storage = open_storage(options);
  REQUIRE(storage.has_value());
  CHECK(*storage->opened.recovered.raft.entries.back() == *entry_at(last + 1));
}

TEST_CASE("an old log that has less than what was acknowledged is refused and stays as it is") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  make_old(options);
  for (const auto& item : std::filesystem::directory_iterator(options.directory / "db")) {
    if (item.path().filename().string().starts_with("WiredTigerLog.")) std::filesystem::resize_file(item.path(), 256);
  }
  CHECK_FALSE(open_storage(options).has_value());
  CHECK_FALSE(std::filesystem::exists(options.directory / "log"));
  CHECK_FALSE(open_storage(options).has_value());
}

TEST_CASE("an upgrade that was killed at any moment is done again") {
  const conclave::test::ScratchDir scratch;
  const auto original = scratch.path() / "original";
  make_old(small_options(original));
  const auto options = small_options(scratch.path() / "copy");
  kill_starts(original, options, 5, [&] { check_all_there(options); });
}
