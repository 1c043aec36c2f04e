/// The rows of keys, in sorted runs beside the table.
#include "runs.hpp"

#include <fstream>
#include <map>
#include <set>

#include "conclave/base/prng.hpp"
#include "conclave/test/catch.hpp"
#include "conclave/test/scratch_dir.hpp"
#include "directories.hpp"

using namespace conclave;
using namespace conclave::storage;
using namespace conclave::storage::test;

namespace {

using Model = std::map<std::string, std::string>;

constexpr std::uint64_t no_limit = ~std::uint64_t{0};

Runs open(const std::filesystem::path& directory, const std::optional<std::string>& list) {
  auto runs = Runs::open(directory, 1, list ? std::optional(ByteView(*list)) : std::nullopt);
  if (!runs.has_value()) FAIL(runs.error().message());
  return std::move(*runs);
}

Model rows_of(const Runs& runs, const std::string& from = {}) {
  Model rows;
  const auto all = runs.scan(from, no_limit, [&](ByteView key, ByteView value) -> Result<bool> {
    if (!rows.empty()) CHECK(rows.rbegin()->first < key);
    rows.emplace(key, value);
    return true;
  });
  REQUIRE(all.has_value());
  CHECK_FALSE(all->enough);
  CHECK_FALSE(all->next.has_value());
  return rows;
}

Model rows_from(const Model& model, const std::string& from) { return {model.lower_bound(from), model.end()}; }

void put(Runs& runs, Model& model, const std::string& key, const std::string& value) {
  REQUIRE(runs.add(key, ByteView(value)).has_value());
  model[key] = value;
}

void remove(Runs& runs, Model& model, const std::string& key) {
  REQUIRE(runs.add(key, std::nullopt).has_value());
  model.erase(key);
}

void merge_all(Runs& runs, std::uint64_t data_bytes = no_limit) {
  for (int step = 0; step < 10'000; ++step) {
    const auto more = runs.merge(100'000, data_bytes);
    REQUIRE(more.has_value());
    if (!*more) return;
  }
  FAIL("it never ends");
}

/// Mostly small, some larger than a block; now and then empty.
std::string some_value(Prng& prng) {
  const auto size = prng.chance(1, 40) ? prng.below(400'000) : prng.below(600);
  return std::string(size, static_cast<char>('a' + prng.below(26)));
}

/// One pass of changes, in the order of their keys.
void change_some(Runs& runs, Model& model, Prng& prng) {
  std::set<std::string> keys;
  for (auto i = prng.below(120); i > 0; --i) keys.insert("key" + std::to_string(prng.below(500)));
  if (prng.chance(1, 10)) keys.insert("");
  for (const auto& key : keys) {
    if (prng.chance(1, 4))
      remove(runs, model, key);
    else
      put(runs, model, key, some_value(prng));
  }
}

}  // namespace

TEST_CASE("what was put into runs is there in order, whatever was merged and however often they were opened") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "runs";
  Prng prng(seed);
  Model model;
  std::optional<std::string> list;
  Runs runs = open(directory, list);
  for (int round = 0; round < 80; ++round) {
    change_some(runs, model, prng);
    REQUIRE(runs.end_run().has_value());
    for (auto steps = prng.below(4); steps > 0; --steps) REQUIRE(runs.merge(prng.below(300'000), no_limit).has_value());
    if (auto changed = runs.take_list()) list = std::move(changed);
    REQUIRE(runs.flush().has_value());
    if (prng.chance(1, 3)) remove_files(runs.take_merged());
    if (prng.chance(1, 8)) runs = open(directory, list);
    CHECK(rows_of(runs) == model);
    const auto from = "key" + std::to_string(prng.below(600));
    CHECK(rows_of(runs, from) == rows_from(model, from));
  }
  merge_all(runs);
  CHECK(rows_of(runs) == model);
}

TEST_CASE("there are few runs, however many are added") {
  const conclave::test::ScratchDir scratch;
  Runs runs = open(scratch.path() / "runs", std::nullopt);
  Model model;
  Prng prng(7);
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 2'000; ++i) put(runs, model, "key" + std::to_string(100'000 + i), std::string(3'000, 'v'));
  REQUIRE(runs.end_run().has_value());
  for (int round = 0; round < 200; ++round) {
    put(runs, model, "key" + std::to_string(100'000 + prng.below(2'000)), std::string(100'000, 'w'));
    REQUIRE(runs.end_run().has_value());
    merge_all(runs);
    remove_files(runs.take_merged());
    most = std::max(most, runs.count());
  }
  CHECK(most <= 8);
  CHECK(names_in(scratch.path() / "runs").size() == runs.count());
  CHECK(rows_of(runs) == model);
}

TEST_CASE("what is removed leaves nothing behind when all runs are merged") {
  const conclave::test::ScratchDir scratch;
  Runs runs = open(scratch.path() / "runs", std::nullopt);
  Model model;
  for (char c = 'a'; c <= 'z'; ++c) put(runs, model, std::string(1, c), "value");
  for (char c = 'a'; c <= 'z'; ++c) remove(runs, model, std::string(1, c));
  REQUIRE(runs.end_run().has_value());
  CHECK(runs.count() == 2);  // the keys began anew
  CHECK(rows_of(runs).empty());
  merge_all(runs);
  CHECK(runs.count() == 0);
  remove_files(runs.take_merged());
  CHECK(names_in(scratch.path() / "runs").empty());
  remove(runs, model, "none");
  REQUIRE(runs.end_run().has_value());
  CHECK(runs.count() == 0);
}

TEST_CASE("a look goes through so much at a time, also where nothing is to be shown") {
  const conclave::test::ScratchDir scratch;
  Runs runs = open(scratch.path() / "runs", std::nullopt);
  Model model;
  for (int i = 1'000; i < 2'000; ++i) put(runs, model, std::to_string(i), std::string(200, 'v'));
  REQUIRE(runs.end_run().has_value());
  for (int i = 1'000; i < 2'000; ++i) {
    if (i % 100 != 0) remove(runs, model, std::to_string(i));
  }
  REQUIRE(runs.end_run().has_value());
  Model seen;
  int looks = 0;
  for (std::optional<std::string> next = ""; next && looks < 1'000; ++looks) {
    const auto some = runs.scan(*next, 5'000, [&](ByteView key, ByteView value) -> Result<bool> {
      seen.emplace(key, value);
      return true;
    });
    REQUIRE(some.has_value());
    next = some->next;
  }
  CHECK(seen == model);
  CHECK(looks > 40);
  int steps = 0;
  for (auto more = Result<bool>(true); *more; ++steps) {
    more = runs.merge(20'000, no_limit);
    REQUIRE(more.has_value());
    if (runs.count() == 1) break;
    if (steps == 0) put(runs, model, "0", std::string(2'000'000, 'x'));
    if (steps == 0) REQUIRE(runs.end_run().has_value());  // is there beside the merge
  }
  CHECK(rows_of(runs) == model);
}

TEST_CASE("runs that hold little that counts are merged, however large the oldest is") {
  const conclave::test::ScratchDir scratch;
  Runs runs = open(scratch.path() / "runs", std::nullopt);
  Model model;
  for (int i = 1'000; i < 1'200; ++i) put(runs, model, std::to_string(i), std::string(200'000, 'v'));
  REQUIRE(runs.end_run().has_value());
  for (int i = 1'000; i < 1'200; ++i) put(runs, model, std::to_string(i), "small");
  REQUIRE(runs.end_run().has_value());
  merge_all(runs, 30'000'000);
  CHECK(runs.count() == 2);
  merge_all(runs, 2'000);
  CHECK(runs.count() == 1);
  CHECK(rows_of(runs) == model);
}

TEST_CASE("a visit that has enough ends there, and the next one goes on") {
  const conclave::test::ScratchDir scratch;
  Runs runs = open(scratch.path() / "runs", std::nullopt);
  Model model;
  for (int i = 100; i < 200; ++i) put(runs, model, std::to_string(i), std::string(5'000, 'v'));
  REQUIRE(runs.end_run().has_value());
  Model seen;
  std::string from;
  for (int round = 0; round < 100 && seen.size() < model.size(); ++round) {
    const auto all = runs.scan(from, no_limit, [&](ByteView key, ByteView value) -> Result<bool> {
      seen.emplace(key, value);
      from = std::string(key) + '\0';
      return seen.size() % 7 != 0;
    });
    REQUIRE(all.has_value());
  }
  CHECK(seen == model);
}

TEST_CASE("files that the list does not name go, and those that were merged stay as long as they may be needed") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "runs";
  Model model;
  std::string list;
  {
    Runs runs = open(directory, std::nullopt);
    put(runs, model, "a", "1");
    REQUIRE(runs.end_run().has_value());
    put(runs, model, "b", "2");
    REQUIRE(runs.end_run().has_value());
    list = *runs.take_list();
    CHECK_FALSE(runs.take_list().has_value());
    merge_all(runs);
    CHECK(names_in(directory) == std::set<std::string>{"1-1", "1-2", "1-3"});
    std::ofstream(directory / "notes") << "somebody else's";
    std::ofstream(directory / "2-1") << "of another generation";
  }
  Runs runs = open(directory, list);  // as a crash leaves it that takes the merge back
  CHECK(names_in(directory) == std::set<std::string>{"1-1", "1-2", "1-3", "2-1", "notes"});
  CHECK(rows_of(runs) == model);
  merge_all(runs);
  CHECK(names_in(directory) == std::set<std::string>{"1-1", "1-2", "1-3", "1-4", "2-1", "notes"});
  remove_files(runs.take_merged());
  CHECK(names_in(directory) == std::set<std::string>{"1-4", "2-1", "notes"});
  CHECK(rows_of(runs) == model);
  CHECK(rows_of(open(directory, runs.take_list())) == model);
}

TEST_CASE("a run that is damaged, cut off or gone is an error that names its file") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "runs";
  std::string list;
  {
    Runs runs = open(directory, std::nullopt);
    Model model;
    for (int i = 100; i < 200; ++i) put(runs, model, std::to_string(i), std::string(5'000, 'v'));
    REQUIRE(runs.end_run().has_value());
    list = *runs.take_list();
  }
  const auto file = directory / "1-1";
  const auto size = std::filesystem::file_size(file);
  SECTION("a block") { flip_byte(file, 140'000); }
  SECTION("the first row") { flip_byte(file, 0); }
  SECTION("the index") { flip_byte(file, (size - 1) / 4096 * 4096); }
  SECTION("cut off") { std::filesystem::resize_file(file, size / 2); }
  SECTION("empty") { std::filesystem::resize_file(file, 0); }
  SECTION("gone") { std::filesystem::remove(file); }
  auto runs = Runs::open(directory, 1, ByteView(list));
  auto error = runs.has_value() ? Error{} : runs.error();
  if (runs.has_value()) {
    const auto read = runs->scan({}, no_limit, [](ByteView, ByteView) -> Result<bool> { return true; });
    REQUIRE_FALSE(read.has_value());
    error = read.error();
  }
  CHECK((error.code == Errc::corruption || error.code == Errc::io_error));
  CHECK(error.context.find("runs/1-1") != std::string::npos);
}

TEST_CASE("a list that is none, or that names what no file holds, is damage") {
  const conclave::test::ScratchDir scratch;
  const auto directory = scratch.path() / "runs";
  std::string list;
  {
    Runs runs = open(directory, std::nullopt);
    REQUIRE(runs.add("key", ByteView("value")).has_value());
    REQUIRE(runs.end_run().has_value());
    list = *runs.take_list();
  }
  REQUIRE(Runs::open(directory, 1, ByteView(list)).has_value());
  Prng prng(3);
  for (int round = 0; round < 2'000; ++round) {
    auto other = list;
    if (prng.chance(1, 4))
      other.resize(prng.below(list.size()));
    else
      other[prng.below(other.size())] ^= static_cast<char>(1U << prng.below(8));
    // Every file stays: only whoever trusts the list removes one.
    const auto copy = scratch.path() / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(directory, copy);
    const auto runs = Runs::open(copy, 1, ByteView(other));
    const bool same_run = other.size() == list.size() && other.substr(0, 4) == list.substr(0, 4) &&
                          other.substr(4, 8) == list.substr(4, 8) && other.substr(20) == list.substr(20);
    // Its size is for choosing what to merge, and is not verified.
    const bool no_runs = other == list.substr(0, 4);
    CHECK(runs.has_value() == (same_run || no_runs));
  }
}
