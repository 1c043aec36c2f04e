#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bare_member.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

constexpr std::uint64_t entry_count = 120;

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

  std::vector<std::filesystem::path> logs;
  for (const auto& item : std::filesystem::directory_iterator(original / "db")) {
    if (item.path().filename().string().starts_with("WiredTigerLog.")) logs.push_back(item.path().filename());
  }
  std::sort(logs.begin(), logs.end());
  REQUIRE(!logs.empty());
  const auto used = used_bytes(original / "db" / logs.back());
  REQUIRE(used > entry_count * 60);

  Prng prng(20240607);
  const auto options = small_options(scratch.path() / "copy");
  int refused = 0;
  constexpr int rounds = 48;
  for (int round = 0; round < rounds; ++round) {
    std::filesystem::remove_all(options.directory);
    std::filesystem::copy(original, options.directory, std::filesystem::copy_options::recursive);
    const auto place = prng.below(used);
    const auto bit = static_cast<unsigned>(prng.below(8));
    INFO("bit " << bit << " of byte " << place << " of " << used);
    flip_bit(options.directory / "db" / logs.back(), place, bit);
    check_nothing_forgotten(options);
    refused += open_storage(options).has_value() ? 0 : 1;
  }
  CHECK(refused > rounds / 2);  // the flips did hit what counts
}

TEST_CASE("a log file that is cut off, emptied or removed is noticed") {
  const conclave::test::ScratchDir scratch;
  const auto options = small_options(scratch.path() / "data");
  fill(options);
  std::filesystem::path log;
  for (const auto& item : std::filesystem::directory_iterator(options.directory / "db")) {
    const auto name = item.path().filename().string();
    if (name.starts_with("WiredTigerLog.") && (log.empty() || item.path() > log)) log = item.path();
  }
  SECTION("cut off in the middle") { std::filesystem::resize_file(log, used_bytes(log) / 2); }
  SECTION("filled with zeros from the middle on") {
    const auto size = std::filesystem::file_size(log);
    std::filesystem::resize_file(log, used_bytes(log) / 2);
    std::filesystem::resize_file(log, size);
  }
  SECTION("removed") { std::filesystem::remove(log); }
  check_nothing_forgotten(options);
  CHECK_FALSE(open_storage(options).has_value());
}

TEST_CASE("a damaged table file is refused or has everything") {
  const conclave::test::ScratchDir scratch;
  const auto original = scratch.path() / "original";
  fill(small_options(original));
  REQUIRE(open_storage(small_options(original)).has_value());  // an orderly end: the entries are in the table file
  const auto options = small_options(scratch.path() / "copy");
  Prng prng(77);
  for (const std::string name : {"raft_log.wt", "raft_meta.wt"}) {
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
