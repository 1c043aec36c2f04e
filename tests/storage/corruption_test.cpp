#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "bare_member.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::uint64_t entry_count = 120;
constexpr std::uint64_t block = 4096;

std::string payload(std::uint64_t index) {
  std::string text = "payload of entry " + std::to_string(index) + " ";
  // Different lengths, some ending in zeros: the log's own records then end in zeros too, as torn ones do.
  text.resize(60 + index * 13 % 700, index % 3 == 0 ? '\0' : static_cast<char>('a' + index % 26));
  return text;
}

/// A directory as a killed process leaves it: everything acknowledged, nothing of the last entries in a table file yet.
void fill(const Options& options) {
  const int status = run_and_die([&] {
    auto storage = open_storage(options);
    if (!storage.has_value()) return 1;
    for (std::uint64_t i = 1; i <= entry_count; ++i) write_entries(*storage, i, {make_entry(1, i, payload(i))});
    raft::Write vote;
    vote.id = raft::WriteId(entry_count + 1);
    vote.hard_state = raft::HardState{Term(5), MemberId(3)};
    storage->opened.storage->log().submit(std::move(vote));
    static_cast<void>(wait_for<engine::LogDurable>(*storage->inbox));
    ::_exit(0);  // before the storage could end in order
  });
  REQUIRE(status == 0);
}

void flip_bit(const std::filesystem::path& path, std::uint64_t offset, unsigned bit) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  char byte = 0;
  file.get(byte);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ static_cast<char>(1U << bit)));
}

/// Where the last byte that is not zero stands: behind it a log file is only reserved.
std::uint64_t used_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const auto last = bytes.find_last_not_of('\0');
  return last == std::string::npos ? 0 : last + 1;
}

/// The segment of a log that has but one.
std::filesystem::path only_segment(const std::filesystem::path& directory) {
  std::filesystem::path found;
  for (const auto& item : std::filesystem::directory_iterator(directory / "log")) {
    if (item.path().extension() != ".segment") continue;
    REQUIRE(found.empty());
    found = item.path();
  }
  REQUIRE(!found.empty());
  return found;
}

/// Everything that was acknowledged is there, or the directory is refused.
void check_nothing_forgotten(const Options& options) {
  const auto storage = open_storage(options);
  if (!storage.has_value()) {
    CHECK(storage.error().code == Errc::corruption);
    CHECK(!storage.error().context.empty());
    // It stays refused: nothing that the failed start did makes the loss look like an ordinary end.
    CHECK_FALSE(open_storage(options).has_value());
    return;
  }
  const auto& found = storage->opened.recovered.raft;
  CHECK(found.hard_state == raft::HardState{Term(5), MemberId(3)});
  REQUIRE(found.entries.size() == entry_count);
  for (std::uint64_t i = 1; i <= entry_count; ++i) CHECK(std::get<Bytes>(found.entries[i - 1]->body).view() == payload(i));
}

}  // namespace

TEST_CASE("a bit that flips in the log files never makes acknowledged entries or a vote disappear in silence") {
  const conclave::test::ScratchDir scratch;
  const auto original = scratch.path() / "original";
  fill(small_options(original));

  const auto segment = only_segment(original).filename();
  const auto used = used_bytes(original / "log" / segment);
  REQUIRE(used > entry_count * 60);

  Prng prng(20240607);
  const auto options = small_options(scratch.path() / "copy");
  constexpr int rounds = 48;
  for (int round = 0; round < rounds; ++round) {
    std::filesystem::remove_all(options.directory);
    std::filesystem::copy(original, options.directory, std::filesystem::copy_options::recursive);
    // Each record starts a block of its own; behind it are zeros that nobody reads.
    const bool in_record = round % 2 == 0;
    const auto place = in_record ? prng.below(used / block * block) / block * block + prng.below(128) : prng.below(used);
    const auto bit = static_cast<unsigned>(prng.below(8));
    INFO("bit " << bit << " of byte " << place << " of " << used);
    flip_bit(options.directory / "log" / segment, place, bit);
    check_nothing_forgotten(options);
    if (in_record) CHECK_FALSE(open_storage(options).has_value());
  }
}

TEST_CASE("a log file that is cut off, emptied or removed is noticed") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  fill(options);
  const auto log = only_segment(options.directory);
  SECTION("cut off in the middle") { std::filesystem::resize_file(log, used_bytes(log) / 2); }
  SECTION("filled with zeros from the middle on") {
    const auto size = std::filesystem::file_size(log);
    std::filesystem::resize_file(log, used_bytes(log) / 2);
    std::filesystem::resize_file(log, size);
  }
  SECTION("removed") { std::filesystem::remove(log); }
  SECTION("removed with its directory") { std::filesystem::remove_all(options.directory / "log"); }
  check_nothing_forgotten(options);
  CHECK_FALSE(open_storage(options).has_value());
}

TEST_CASE("a damaged table file is refused or has everything") {
  const conclave::test::ScratchDir scratch;
  const auto original = scratch.path() / "original";
  fill(small_options(original));
  REQUIRE(open_storage(small_options(original)).has_value());  // an orderly end: the state is in the table file
  const auto options = small_options(scratch.path() / "copy");
  Prng prng(77);
  for (const std::string name : {"state_1.wt", "WiredTiger.wt"}) {
    const auto size = std::filesystem::file_size(original / "db" / name);
    for (int round = 0; round < 8; ++round) {
      std::filesystem::remove_all(options.directory);
      std::filesystem::copy(original, options.directory, std::filesystem::copy_options::recursive);
      const auto place = prng.below(size);
      INFO(name << " byte " << place << " of " << size);
      flip_bit(options.directory / "db" / name, place, 3);
      check_nothing_forgotten(options);
    }
  }
}

TEST_CASE("a mark of which one slot is torn still counts, and one without a good slot is refused") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path());
  fill(options);
  const auto mark = options.directory / "MARK";
  SECTION("one slot") {
    flip_bit(mark, 9, 0);
    check_nothing_forgotten(options);
  }
  SECTION("the other slot") {
    flip_bit(mark, 512 + 9, 0);
    check_nothing_forgotten(options);
  }
  SECTION("both") {
    flip_bit(mark, 9, 0);
    flip_bit(mark, 512 + 9, 0);
    const auto storage = open_storage(options);
    REQUIRE_FALSE(storage.has_value());
    CHECK(storage.error().code == Errc::corruption);
  }
}

TEST_CASE("a record that was torn anywhere is not there, and the log goes on before it") {
  const conclave::test::ScratchDir scratch;
  const auto before = small_options(scratch.path() / "before");
  fill(before);
  // The same log with one more record of several blocks, which nobody was told of.
  const auto after = small_options(scratch.path() / "after");
  std::filesystem::copy(before.directory, after.directory, std::filesystem::copy_options::recursive);
  const std::string large(5 * block, 'x');
  REQUIRE(run_and_die([&] {
            auto storage = open_storage(after);
            if (!storage.has_value()) return 1;
            write_entries(*storage, 1, {make_entry(5, entry_count + 1, large)});
            ::_exit(0);
          }) == 0);
  const auto segment = only_segment(before.directory).filename();
  const auto start = used_bytes(before.directory / "log" / segment) / block * block + block;
  const auto end = used_bytes(after.directory / "log" / segment) / block * block + block;
  REQUIRE(end == start + 6 * block);

  const auto options = small_options(scratch.path() / "torn");
  for (auto missing = start; missing < end; missing += block) {
    INFO("without the block at " << missing);
    std::filesystem::remove_all(options.directory);
    std::filesystem::copy(before.directory, options.directory, std::filesystem::copy_options::recursive);
    std::filesystem::copy_file(after.directory / "log" / segment, options.directory / "log" / segment,
                               std::filesystem::copy_options::overwrite_existing);
    {
      std::fstream file(options.directory / "log" / segment, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(missing));
      file << std::string(block, '\0');
    }
    check_nothing_forgotten(options);
    {
      auto storage = open_storage(options);
      REQUIRE(storage.has_value());
      write_entries(*storage, 1, {make_entry(6, entry_count + 1, "another")});
    }
    const auto storage = open_storage(options);
    REQUIRE(storage.has_value());
    CHECK(*storage->opened.recovered.raft.entries.back() == *make_entry(6, entry_count + 1, "another"));
  }
}

TEST_CASE("segments that were cut are used again, and what they held before does not come back") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  constexpr std::uint64_t rounds = 6;
  constexpr std::uint64_t each = 100;  // of 8 KiB: nearly a segment
  const int status = run_and_die([&] {
    auto storage = open_storage(options);
    if (!storage.has_value()) return 1;
    auto& parts = *storage->opened.storage;
    std::uint64_t id = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (std::uint64_t i = 0; i < each; ++i) {
        ++id;
        write_entries(*storage, id, {make_entry(1, id, std::string(5000, static_cast<char>(round)))});
        const mvcc::Batch nothing{MachineVersion(1), cluster_time_from_millis(static_cast<std::int64_t>(id)), {}};
        parts.state().apply(storage->opened.recovered.machine->apply(Index(id), Term(1), nothing).delta);
      }
      parts.state().set_durable(Index(id));
      parts.state().checkpoint(1 << 20);
      static_cast<void>(wait_for<engine::CheckpointDone>(*storage->inbox));
      parts.log().cut({Term(1), Index(id)});
    }
    ::_exit(0);
  });
  REQUIRE(status == 0);
  CHECK(std::distance(std::filesystem::directory_iterator(options.directory / "log"), {}) <= 4);
  const auto storage = open_storage(options);
  if (!storage.has_value()) FAIL(storage.error().message());
  const auto& found = storage->opened.recovered.raft;
  REQUIRE(found.snapshot.has_value());
  CHECK(found.snapshot->last.index.value() + found.entries.size() == rounds * each);
  CHECK(found.snapshot->last.index > Index((rounds - 3) * each));
}

TEST_CASE("a bit that flips in an older segment is noticed although the newest one is whole") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  constexpr std::uint64_t count = 150;  // of two blocks: a segment of 1 MiB and a part of the next
  REQUIRE(run_and_die([&] {
            auto storage = open_storage(options);
            if (!storage.has_value()) return 1;
            for (std::uint64_t i = 1; i <= count; ++i) write_entries(*storage, i, {make_entry(1, i, std::string(5000, 'x'))});
            ::_exit(0);
          }) == 0);
  const auto oldest = options.directory / "log" / "0000000000000001.segment";
  REQUIRE(std::filesystem::exists(options.directory / "log" / "0000000000000002.segment"));
  const auto record = GENERATE(std::uint64_t{1}, std::uint64_t{60}, std::uint64_t{120});
  flip_bit(oldest, block + record * 2 * block + 200, 1);
  for (int attempt = 0; attempt < 2; ++attempt) {  // the first one does not make the loss look like an ordinary end
    const auto storage = open_storage(options);
    REQUIRE_FALSE(storage.has_value());
    CHECK(storage.error().code == Errc::corruption);
    CHECK(std::filesystem::exists(options.directory / "log" / "0000000000000002.segment"));
  }
}
