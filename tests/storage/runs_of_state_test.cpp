/// Whole storages whose rows of keys are in runs.
#include <wiredtiger.h>

#include <array>
#include <cerrno>
#include <map>

#include "bare_member.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "directories.hpp"
#include "io_hooks.hpp"
#include "runs.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::uint64_t keys = 50;

mvcc::StateDelta apply_one(mvcc::Machine& machine, std::uint64_t index) {
  const std::string key = "key" + std::to_string(index % keys);
  const std::string value(200 + index * 131 % 3000, 'v');
  mvcc::PutOp put;
  put.key = key;
  put.value = value;
  mvcc::DeleteOp gone;
  gone.keys.begin = key;
  const auto op = index % 11 == 0 ? mvcc::Op{gone} : mvcc::Op{put};
  const std::array<mvcc::Command, 1> commands{mvcc::Command{{}, {}, op}};
  const mvcc::Batch batch{MachineVersion(1), cluster_time_from_millis(static_cast<std::int64_t>(index)), commands};
  return machine.apply(Index(index), Term(1), batch).delta;
}

void hand_over(OpenStorage& storage, std::uint64_t first, std::uint64_t last) {
  auto& state = storage.opened.storage->state();
  for (std::uint64_t i = first; i <= last; ++i) {
    write_entries(storage, i, {make_entry(1, i, "entry")});
    state.apply(apply_one(*storage.opened.recovered.machine, i));
  }
  state.set_durable(Index(last));
}

void checkpoint(OpenStorage& storage) {
  storage.opened.storage->state().checkpoint(1 << 20);
  static_cast<void>(wait_for<engine::CheckpointDone>(*storage.inbox));
}

/// key -> size of its value.
std::map<std::string, std::size_t> values_at(std::uint64_t last) {
  std::map<std::string, std::size_t> values;
  for (std::uint64_t i = 1; i <= last; ++i) {
    const std::string key = "key" + std::to_string(i % keys);
    if (i % 11 == 0)
      values.erase(key);
    else
      values[key] = 200 + i * 131 % 3000;
  }
  return values;
}

void check_state(const OpenStorage& storage, std::uint64_t last) {
  const auto& machine = *storage.opened.recovered.machine;
  CHECK(machine.applied() == Index(last));
  std::map<std::string, std::size_t> values;
  for (std::uint64_t i = 0; i < keys; ++i) {
    const std::string key = "key" + std::to_string(i);
    if (const auto kv = machine.get(key)) values[key] = kv->value().size();
  }
  CHECK(values == values_at(last));
}

OpenStorage open_well(const Options& options) {
  auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  return std::move(*storage);
}

/// Makes a directory of format 3 out of one of today: the rows of keys stand in the table.
int write_rows_inline(const std::filesystem::path& database) {
  const auto rows = open_rows(database);
  if (!rows) return 1;
  WT_CURSOR* cursor = rows->cursor;
  const WT_ITEM list_key{"\xff", 1, nullptr, 0, 0};
  WT_ITEM list{};
  cursor->set_key(cursor, &list_key);
  if (cursor->search(cursor) != 0 || cursor->get_value(cursor, &list) != 0) return 4;
  const auto runs = Runs::open(database / "runs", 1, ByteView(static_cast<const char*>(list.data), list.size));
  if (!runs.has_value()) return 5;
  cursor->set_key(cursor, &list_key);
  if (cursor->remove(cursor) != 0) return 6;
  const auto all = runs->scan({}, ~std::uint64_t{0}, [&](ByteView key, ByteView value) -> Result<bool> {
    const std::string row_key = '\x01' + std::string(key);
    const WT_ITEM key_item{row_key.data(), row_key.size(), nullptr, 0, 0};
    const WT_ITEM value_item{value.data(), value.size(), nullptr, 0, 0};
    cursor->set_key(cursor, &key_item);
    cursor->set_value(cursor, &value_item);
    return cursor->insert(cursor) == 0;
  });
  if (!all.has_value() || all->enough) return 7;
  if (rows->connection->close(rows->connection, nullptr) != 0) return 8;
  std::filesystem::remove_all(database / "runs");
  return 0;
}

void make_format_3(const Options& options) {
  {
    auto storage = open_well(options);
    hand_over(storage, 1, 120);
    checkpoint(storage);
  }
  REQUIRE(run_and_die([&] { return write_rows_inline(options.directory / "db"); }) == 0);
  say_format(options, 3);
}

}  // namespace

TEST_CASE("a state is the same after any number of checkpoints, merges and starts") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  std::uint64_t last = 0;
  for (int life = 0; life < 4; ++life) {
    auto storage = open_well(options);
    check_state(storage, last);
    for (int round = 0; round < 3; ++round) {
      hand_over(storage, last + 1, last + 40);
      last += 40;
      if (life != 2) checkpoint(storage);
    }
  }
  check_state(open_well(options), last);
  CHECK(names_in(options.directory / "db" / "runs").size() <= 4);
}

TEST_CASE("a run that is damaged keeps a member from starting") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  {
    auto storage = open_well(options);
    hand_over(storage, 1, 20);
  }
  const auto files = names_in(options.directory / "db" / "runs");
  REQUIRE(files.size() == 1);
  flip_byte(options.directory / "db" / "runs" / *files.begin(), 100);
  const auto storage = open_storage(options);
  REQUIRE_FALSE(storage.has_value());
  CHECK(storage.error().code == Errc::corruption);
  CHECK(storage.error().context.find("runs/" + *files.begin()) != std::string::npos);
}

TEST_CASE("a directory of format 3, whose rows stand in the table, is read and goes on") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  make_format_3(options);
  {
    auto storage = open_well(options);
    check_state(storage, 120);
    hand_over(storage, 121, 130);
    checkpoint(storage);
  }
  check_state(open_well(options), 130);
}

TEST_CASE("the move of rows out of the table may be killed at any moment") {
  const conclave::test::ScratchDir scratch;
  const auto original = scratch.path() / "original";
  make_format_3(small_options(original));
  const auto options = small_options(scratch.path() / "copy");
  kill_starts(original, options, 11, [&] { check_state(open_well(options), 120); });
}

TEST_CASE("a move of rows out of the table that the disk refuses leaves them where they are") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  make_format_3(options);
  const auto is_run = [](const std::string& path) { return path.find("/runs") != std::string::npos; };
  int refused = 0;
  {
    IoHooks hooks;
    SECTION("to write") {
      hooks.write = [&](const std::string& path, std::size_t size) -> long {
        return is_run(path) ? (++refused, -ENOSPC) : static_cast<long>(size);
      };
    }
    SECTION("to flush") {
      hooks.sync = [&](const std::string& path) { return is_run(path) ? (++refused, EIO) : 0; };
    }
    const HookedIo hooked(std::move(hooks));
    CHECK_FALSE(open_storage(options).has_value());
  }
  CHECK(refused > 0);
  check_state(open_well(options), 120);
}
