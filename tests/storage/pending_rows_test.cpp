#include "pending_rows.hpp"

#include <algorithm>
#include <map>

#include "conclave/base/prng.hpp"
#include "conclave/mvcc/key_value.hpp"
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
