#include "pending_rows.hpp"

#include <algorithm>
#include <map>

#include "conclave/base/prng.hpp"
#include "conclave/mvcc/key_value.hpp"
#include "conclave/mvcc/response.hpp"
#include "conclave/test/catch.hpp"
#include "state_table.hpp"

using namespace conclave;
using namespace conclave::storage;

namespace {

using Wanted = std::map<std::string, std::optional<std::string>>;

/// Keys that differ early, late, by their length alone, or by a zero at the end.
std::string random_key(Prng& prng) {
  std::string key = prng.below(4) == 0 ? "" : "a common beginning/";
  for (auto left = prng.below(14); left > 0; --left) key += "\0\x01z\xff"[prng.below(4)];
  return key;
}

void add(PendingRows& rows, mvcc::Change change) { rows.add({&change, 1}); }

void put(PendingRows& rows, const std::string& key, const std::string& value) {
  add(rows, mvcc::KeyRow{mvcc::make_key_value(key, value, {})});
}

std::optional<std::string> bytes_of(const std::string& key, const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  return codec::encode_key_value(*mvcc::make_key_value(key, *value, {}));
}

void remember(PendingRows& rows, std::uint64_t session, std::uint64_t sequence) {
  add(rows, mvcc::OutcomeRow{LeaseId(session), RequestSeq(sequence), std::make_shared<const mvcc::Response>()});
}

void forget(PendingRows& rows, std::uint64_t session, std::uint64_t sequence) {
  add(rows, mvcc::OutcomeErase{LeaseId(session), RequestSeq(sequence)});
}

/// All there are, as "session/sequence"; of those that go with a dash before it.
std::vector<std::string> taken_outcomes(PendingRows& rows, std::size_t bytes_max) {
  std::map<std::string, std::string> names;
  for (const std::uint64_t session : {7U, 8U, 9U, 300U}) {
    for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
      const auto row = codec::encode_change(mvcc::OutcomeErase{LeaseId(session), RequestSeq(sequence)});
      const auto& [table, key] = std::get<codec::RowErase>(row);
      names[state_key(table, key)] = std::to_string(session) + "/" + std::to_string(sequence);
    }
  }
  std::vector<std::string> taken;
  while (!rows.empty()) {
    for (const auto& row : rows.take(bytes_max)) taken.push_back((row.value ? "" : "-") + names.at(row.key));
  }
  return taken;
}

}  // namespace

TEST_CASE("rows are taken in the order of their keys, each with its last change, in pieces of any size") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Prng prng(seed);
    PendingRows rows;
    Wanted wanted;
    const auto changes = 1 + prng.below(300);
    for (std::uint64_t i = 0; i < changes; ++i) {
      const auto key = random_key(prng);
      if (prng.below(5) == 0) {
        add(rows, mvcc::KeyErase{key});
        wanted[key] = std::nullopt;
      } else {
        put(rows, key, "value " + std::to_string(i));
        wanted[key] = "value " + std::to_string(i);
      }
    }
    std::vector<PendingRows::Row> taken;
    while (!rows.empty()) {
      auto some = rows.take(1 + prng.below(400));
      REQUIRE_FALSE(some.empty());
      std::move(some.begin(), some.end(), std::back_inserter(taken));
    }
    INFO("seed " << seed);
    REQUIRE(taken.size() == wanted.size());
    auto next = wanted.begin();
    bool same = true;
    for (const auto& row : taken) {
      same = same && row.key == state_key(codec::Table::keys, next->first) && row.value == bytes_of(next->first, next->second);
      ++next;
    }
    CHECK(same);
  }
}

TEST_CASE("what changes while rows are taken comes after what was there before") {
  PendingRows rows;
  for (const char* key : {"c", "a", "b"}) put(rows, key, "old");
  auto taken = rows.take(1);
  REQUIRE(taken.size() == 1);
  CHECK(taken.front().key.substr(1) == "a");
  for (const char* key : {"a", "b"}) put(rows, key, "new");
  std::string order;
  while (!rows.empty()) {
    for (const auto& row : rows.take(1))
      order += row.key.substr(1) + (row.value == bytes_of(row.key.substr(1), "new") ? "'" : "") + " ";
  }
  CHECK(order == "b c a' b' ");
  CHECK(rows.cost() == 0);
}

TEST_CASE("an outcome that is remembered and forgotten before it is written is never written") {
  PendingRows rows;
  for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
    remember(rows, 7, sequence);
    if (sequence > 2) forget(rows, 7, sequence - 2);
  }
  CHECK(taken_outcomes(rows, 1) == std::vector<std::string>{"7/99", "7/100"});
  CHECK(rows.cost() == 0);
}

TEST_CASE("outcomes are taken by session and sequence, in pieces of any size; one that was taken may be forgotten") {
  for (const std::size_t piece : {1U, 40U, 4096U}) {
    INFO("pieces of " << piece);
    PendingRows rows;
    for (const std::uint64_t session : {9U, 300U, 8U}) {
      for (const std::uint64_t sequence : {2U, 1U, 3U}) remember(rows, session, sequence);
    }
    CHECK(taken_outcomes(rows, piece) ==
          std::vector<std::string>{"8/1", "8/2", "8/3", "9/1", "9/2", "9/3", "300/1", "300/2", "300/3"});
    forget(rows, 9, 2);
    CHECK(taken_outcomes(rows, piece) == std::vector<std::string>{"-9/2"});
    CHECK(rows.empty());
  }
}

TEST_CASE("an outcome that is forgotten while outcomes are taken goes after it came") {
  PendingRows rows;
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) remember(rows, 7, sequence);
  REQUIRE(rows.take(1).size() == 1);
  forget(rows, 7, 1);
  forget(rows, 7, 3);
  CHECK(taken_outcomes(rows, 1) == std::vector<std::string>{"7/2", "7/3", "-7/1", "-7/3"});
}
