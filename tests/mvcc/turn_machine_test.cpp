#include <map>
#include <string>

#include "build.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/mvcc/turn_index.hpp"
#include "conclave/mvcc/watch_index.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::mvcc::test {

TEST_CASE("holders of a lock made of keys with leases come one after the other, whether they leave or die") {
  World world;
  TurnIndex turns;
  const LeaseId dying = world.grant(milliseconds(10'000));
  const LeaseId living = world.grant(milliseconds(60'000));
  (void)world.run(put("lock/a", "", dying));
  (void)world.run(put("lock/b", "", dying));
  (void)world.run(put("lock/c", "", living));
  (void)world.run(put("lock/d", "", living));
  REQUIRE(turns.accepts({"lock/", "lock/a", 1}, world.machine()));
  CHECK(turns.add(TurnId(1), {"lock/", "lock/a", 1}, world.machine()).size() == 1);
  CHECK(turns.add(TurnId(2), {"lock/", "lock/b", 1}, world.machine()).empty());
  CHECK(turns.add(TurnId(3), {"lock/", "lock/c", 1}, world.machine()).empty());
  CHECK(turns.add(TurnId(4), {"lock/", "lock/d", 1}, world.machine()).empty());
  CHECK(turns.add(TurnId(5), {"lock/", "lock/e", 1}, world.machine()) ==
        std::vector<TurnFired>{{TurnId(5), world.revision(), true, 0}});

  world.advance(milliseconds(11'000));
  const std::vector<LeaseId> due{dying};
  const auto expired = world.apply({Command{{}, {}, ExpireLeases{due}}});
  REQUIRE(expired.events.size() == 1);
  CHECK(turns.on_events(*expired.events.front(), world.machine()) ==
        std::vector<TurnFired>{{TurnId(2), world.revision(), true, 0}, {TurnId(3), world.revision(), false, 0}});

  (void)world.run(erase(one("lock/c")));
  CHECK(turns.on_events(*world.last().events.front(), world.machine()) ==
        std::vector<TurnFired>{{TurnId(4), world.revision(), false, 0}});
  CHECK(turns.size() == 0);
}

TEST_CASE("turns over the store fire exactly when its keys say so, also when one entry makes many revisions") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Prng prng(seed);
    World world;
    TurnIndex turns;
    std::map<TurnId, std::pair<TurnSpec, Revision>> waiting;
    std::uint64_t last_id = 0;
    const auto expect = [&] {
      std::map<TurnId, bool> expected;  // whether it is gone
      for (const auto& [id, who] : waiting) {
        const auto kv = world.machine().get(who.first.own_key);
        const bool gone = !kv || kv->create_revision() != who.second;
        const auto ahead = world.machine().count_older(who.first.prefix, who.second, who.first.places);
        if (gone || ahead < who.first.places) expected[id] = gone;
      }
      return expected;
    };
    for (int step = 0; step < 60; ++step) {
      std::vector<std::string> keys;
      for (int i = 0; i < 4; ++i) keys.push_back((prng.chance(1, 2) ? "l/" : "m/") + std::to_string(prng.below(8)));
      std::vector<Command> commands;
      for (const auto& key : keys) {
        commands.push_back(Command{{}, {}, prng.chance(1, 2) ? put(key, "") : erase(one(key))});
      }
      std::map<TurnId, bool> fired;
      for (const auto& batch : world.apply(commands).events) {
        for (const auto& turn : turns.on_events(*batch, world.machine())) fired[turn.id] = turn.gone;
      }
      // Within one entry a key may have its turn first and be gone later: then the turn was told.
      const auto expected = expect();
      for (const auto& [id, gone] : expected) {
        INFO("seed " << seed << ", step " << step << ", turn " << id.value());
        REQUIRE(fired.contains(id));
        REQUIRE((gone || !fired.at(id)));
      }
      REQUIRE(fired.size() == expected.size());
      for (const auto& [id, gone] : fired) waiting.erase(id);

      const TurnSpec spec{prng.chance(1, 3) ? "" : "l/", keys.front(), prng.between(1, 3)};
      const auto kv = world.machine().get(spec.own_key);
      const TurnId id(++last_id);
      waiting[id] = {spec, kv ? kv->create_revision() : Revision(~0ULL)};
      const auto now = expect();
      const auto at_once = turns.add(id, spec, world.machine());
      REQUIRE(at_once.size() == now.size());
      for (const auto& turn : at_once) waiting.erase(turn.id);
      REQUIRE(turns.size() == waiting.size());
    }
  }
}

TEST_CASE("watches find the events of a transaction that the store made of it") {
  World world;
  WatchIndex index;
  WatchSpec deletes;
  deletes.kind = KeySelector::Kind::prefix;
  deletes.begin = "a/";
  deletes.no_put = true;
  const auto group = index.acquire(deletes);
  (void)world.run(put("a/1", "x"));
  CHECK(index.match(*world.last().events.front()).empty());
  (void)world.run(world.keep().txn({}, {put("b/1", "y"), erase(prefix("a/"))}));
  const EventBatch& batch = *world.last().events.front();
  CHECK(index.match(batch) == std::vector{group});
  const auto wanted = filtered(batch, deletes);
  REQUIRE(wanted.size() == 1);
  CHECK(wanted.front().kv->key() == "a/1");
  CHECK(wanted.front().prev->value() == "x");
}

}  // namespace conclave::mvcc::test
