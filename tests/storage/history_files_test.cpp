#include "history_files.hpp"

#include <wiredtiger.h>

#include <array>
#include <atomic>
#include <fstream>
#include <mutex>
#include <set>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "directories.hpp"
#include "generation_files.hpp"
#include "io_hooks.hpp"
#include "state_table.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

HistoryFiles open(const std::filesystem::path& directory, std::optional<std::uint64_t> newest, std::uint64_t generation = 1) {
  auto files = HistoryFiles::open(directory, generation, newest);
  if (!files.has_value()) FAIL(files.error().message());
  return std::move(*files);
}

std::string row(std::uint64_t key) { return "row " + std::to_string(key) + std::string(key * 37 % 9000, 'r'); }

// --- Whole storages whose state has history

constexpr std::uint64_t history_revisions = 60;

mvcc::StateDelta apply_put(mvcc::Machine& machine, std::uint64_t index) {
  const std::string value(500 + index * 131 % 3000, 'v');
  mvcc::PutOp put;
  put.key = "key";
  put.value = value;
  const std::array<mvcc::Command, 1> commands{mvcc::Command{{}, {}, mvcc::Op{put}}};
  const mvcc::Batch batch{MachineVersion(1), cluster_time_from_millis(static_cast<std::int64_t>(index)), commands};
  return machine.apply(Index(index), Term(1), batch).delta;
}

/// As far as it may be written; when it is, nobody says.
void hand_over_history(OpenStorage& storage, std::uint64_t first, std::uint64_t last) {
  auto& state = storage.opened.storage->state();
  for (std::uint64_t i = first; i <= last; ++i) {
    write_entries(storage, i, {make_entry(1, i, "entry")});
    state.apply(apply_put(*storage.opened.recovered.machine, i));
  }
  state.set_durable(Index(last));
}

void write_history(OpenStorage& storage, std::uint64_t first, std::uint64_t last) {
  hand_over_history(storage, first, last);
  storage.opened.storage->state().checkpoint(1 << 20);
  static_cast<void>(wait_for<engine::CheckpointDone>(*storage.inbox));
}

void make(const Options& options) {
  auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  write_history(*storage, 1, history_revisions);
}

void check_history(OpenStorage& storage, std::uint64_t last) {
  storage.opened.storage->state().read_history(7, Revision(1), Revision(last), std::size_t{1} << 30);
  const auto read = wait_for<engine::HistoryRead>(*storage.inbox);
  REQUIRE(read.batches.size() == last);
  for (std::uint64_t i = 1; i <= last; ++i) {
    const auto& batch = *read.batches[i - 1];
    CHECK(batch.revision == Revision(i));
    CHECK(batch.events.front().kv->value().size() == 500 + i * 131 % 3000);
  }
}

/// Makes a directory of format 2 out of one of today: the rows of history stand in the table.
int write_inline(const std::filesystem::path& database) {
  const auto table = open_rows(database);
  if (!table) return 1;
  WT_CURSOR* cursor = table->cursor;
  auto files = HistoryFiles::open(database / "history", 1, ~std::uint64_t{0});
  if (!files.has_value()) return 4;
  int rows = 0;
  while (cursor->next(cursor) == 0) {
    WT_ITEM value{};
    if (cursor->get_value(cursor, &value) != 0) return 5;
    const auto place = place_in(ByteView(static_cast<const char*>(value.data), value.size));
    if (!place) continue;
    const auto bytes = files->read(*place);
    if (!bytes.has_value()) return 6;
    value.data = bytes->data();
    value.size = bytes->size();
    cursor->set_value(cursor, &value);
    if (cursor->update(cursor) != 0) return 7;
    ++rows;
  }
  if (table->connection->close(table->connection, nullptr) != 0) return 8;
  std::filesystem::remove_all(database / "history");
  return rows > 1 ? 0 : 9;
}

}  // namespace

TEST_CASE("a place is told from a row of history, and says the same when it is read") {
  const HistoryPlace place{~std::uint64_t{0}, 123456789012, 4294967295U, 77};
  const auto bytes = encode(place);
  const auto read = place_in(bytes);
  REQUIRE(read.has_value());
  CHECK(encode(*read) == bytes);
  CHECK(read->file == place.file);
  CHECK(read->offset == place.offset);
  CHECK(read->bytes == place.bytes);
  CHECK(read->checksum == place.checksum);
  CHECK_FALSE(place_in("").has_value());
  CHECK_FALSE(place_in(bytes.substr(1)).has_value());
  CHECK_FALSE(place_in(bytes + "x").has_value());
  CHECK_FALSE(place_in(std::string("\x01\0\0\0\0\0\0\0", 8) + std::string(24, 'x')).has_value());  // a row of format 1
}

TEST_CASE("rows of history are where their places say, also for those who open the files again") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "history";
  std::vector<HistoryPlace> places;
  {
    HistoryFiles files = open(directory, std::nullopt);
    for (std::uint64_t key = 1; key <= 40; ++key) {
      places.push_back(files.add(key, row(key)));
      if (key % 7 == 0) REQUIRE(files.write().has_value());
    }
    REQUIRE(files.write().has_value());
    REQUIRE(files.flush().has_value());
    for (std::uint64_t key = 1; key <= 40; ++key) CHECK(*files.read(places[key - 1]) == row(key));
  }
  HistoryFiles files = open(directory, 40);
  places.push_back(files.add(41, row(41)));
  REQUIRE(files.write().has_value());
  for (std::uint64_t key = 1; key <= 41; ++key) CHECK(*files.read(places[key - 1]) == row(key));
  CHECK(names_in(directory) == std::set<std::string>{"1-1", "1-41"});
}

TEST_CASE("files of rows that a crash took back are removed, and their names may be used again") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "history";
  for (const std::uint64_t first : {1U, 10U, 20U}) {
    HistoryFiles files = open(directory, first - 1);
    static_cast<void>(files.add(first, row(first)));
    REQUIRE(files.write().has_value());
  }
  std::ofstream(directory / "notes") << "somebody else's";
  HistoryFiles files = open(directory, 15);
  CHECK(names_in(directory) == std::set<std::string>{"1-1", "1-10", "notes"});
  const auto place = files.add(20, row(21));
  REQUIRE(files.write().has_value());
  CHECK(*files.read(place) == row(21));
  static_cast<void>(open(directory, std::nullopt));
  CHECK(names_in(directory) == std::set<std::string>{"notes"});
}

TEST_CASE("a file goes when none of its rows is left, and not before a checkpoint says so") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "history";
  for (const std::uint64_t first : {1U, 10U, 20U}) {
    HistoryFiles files = open(directory, first - 1);
    static_cast<void>(files.add(first, row(first)));
    REQUIRE(files.write().has_value());
  }
  HistoryFiles files = open(directory, 25);
  files.erase_below(19);  // 1-10 may hold a row 19
  files.erase_below(19);
  REQUIRE(files.flush().has_value());
  CHECK(names_in(directory) == std::set<std::string>{"1-1", "1-10", "1-20"});
  remove_files(files.take_erased());
  CHECK(names_in(directory) == std::set<std::string>{"1-10", "1-20"});
  files.erase_below(100);  // of the newest file nobody knows
  remove_files(files.take_erased());
  CHECK(names_in(directory) == std::set<std::string>{"1-20"});
}

TEST_CASE("generations do not see each other's files") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "history";
  for (const std::uint64_t generation : {1U, 2U, 12U}) {
    HistoryFiles files = open(directory, std::nullopt, generation);
    static_cast<void>(files.add(5, row(generation)));
    REQUIRE(files.write().has_value());
  }
  REQUIRE(drop_generation_files(directory, 2).has_value());
  CHECK(names_in(directory) == std::set<std::string>{"1-5", "12-5"});
  REQUIRE(keep_generation_files(directory, 12).has_value());
  CHECK(names_in(directory) == std::set<std::string>{"12-5"});
  CHECK(keep_generation_files(scratch.path() / "none", 1).has_value());
}

TEST_CASE("a row of history that is damaged, cut off or gone is an error that names its file") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "history";
  HistoryFiles files = open(directory, std::nullopt);
  static_cast<void>(files.add(1, row(100)));
  const auto place = files.add(2, row(200));
  REQUIRE(files.write().has_value());
  SECTION("damaged") { flip_byte(directory / "1-1", place.offset + place.bytes - 1); }
  SECTION("cut off") { std::filesystem::resize_file(directory / "1-1", place.offset + place.bytes - 1); }
  SECTION("gone") { std::filesystem::remove(directory / "1-1"); }
  const auto read = files.read(place);
  REQUIRE_FALSE(read.has_value());
  CHECK((read.error().code == Errc::corruption || read.error().code == Errc::io_error));
  CHECK(read.error().context.find("history/1-1") != std::string::npos);
}

TEST_CASE("a place that lies behind the end is damage, however large it is") {
  const conclave::test::ScratchDir scratch;
  HistoryFiles files = open(scratch.path() / "history", std::nullopt);
  auto place = files.add(1, row(1));
  REQUIRE(files.write().has_value());
  place.bytes = 4294967295U;
  CHECK(files.read(place).error().code == Errc::corruption);
  place.offset = ~std::uint64_t{0};
  CHECK(files.read(place).error().code == Errc::corruption);
}

TEST_CASE("no checkpoint ends before the history and the runs that it refers to are flushed") {
  const conclave::test::ScratchDir scratch;
  std::mutex mutex;
  std::set<std::string> unflushed;
  int checkpoints = 0;
  std::atomic<bool> good = true;
  const auto is_beside = [](const std::string& path) {
    return path.find("/history/") != std::string::npos || path.find("/runs/") != std::string::npos;
  };
  const HookedIo hooked({.written =
                             [&](const std::string& path) {
                               const std::scoped_lock lock(mutex);
                               if (is_beside(path)) unflushed.insert(path);
                             },
                         .sync =
                             [&](const std::string& path) {
                               const std::scoped_lock lock(mutex);
                               if (path.find("WiredTiger.turtle") != std::string::npos) {
                                 ++checkpoints;
                                 if (!unflushed.empty()) good = false;
                               }
                               return 0;
                             },
                         .synced =
                             [&](const std::string& path) {
                               const std::scoped_lock lock(mutex);
                               unflushed.erase(path);
                             }});
  {
    auto storage = open_storage(small_options(scratch.path()));
    REQUIRE(storage.has_value());
    write_history(*storage, 1, 20);
    write_history(*storage, 21, 40);
    hand_over_history(*storage, 41, 50);
  }  // the end writes a checkpoint as well
  CHECK(good);
  CHECK(checkpoints >= 3);
  auto storage = open_storage(small_options(scratch.path()));
  REQUIRE(storage.has_value());
  check_history(*storage, 50);
}

TEST_CASE("history whose newest rows are damaged keeps a member from starting") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  make(options);
  const auto files = names_in(options.directory / "db" / "history");
  REQUIRE(files.size() == 1);
  flip_byte(options.directory / "db" / "history" / *files.begin(), 100);
  const auto storage = open_storage(options);
  REQUIRE_FALSE(storage.has_value());
  CHECK(storage.error().code == Errc::corruption);
  CHECK(storage.error().context.find("history/" + *files.begin()) != std::string::npos);
}

TEST_CASE("a directory of format 2, whose history stands in the table, is read and goes on") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  make(options);
  REQUIRE(run_and_die([&] { return write_inline(options.directory / "db"); }) == 0);
  say_format(options, 2);
  {
    auto storage = open_storage(options);
    if (!storage.has_value()) FAIL(storage.error().message());
    check_history(*storage, history_revisions);
    write_history(*storage, history_revisions + 1, history_revisions + 10);
    check_history(*storage, history_revisions + 10);
  }
  auto storage = open_storage(options);
  REQUIRE(storage.has_value());
  check_history(*storage, history_revisions + 10);
}
