#include "conclave/scheduler_core/planner.hpp"
#include "conclave/test/catch.hpp"
#include "pictures.hpp"

namespace conclave::scheduler {

using test::all_of;
using test::Made;
using test::spec;

namespace {

constexpr Instant start{};
Settings settings() {
  Settings made;
  made.agent_ttl = seconds(10);
  made.grace = seconds(20);
  return made;
}
JobRecord in(Phase phase, std::uint64_t failures = 0) {
  JobRecord record;
  record.phase = phase;
  record.failures = failures;
  record.epoch = 1;
  return record;
}

}  // namespace

TEST_CASE("the most urgent and then the oldest job is assigned first") {
  Made made;
  for (const auto& [id, priority] : std::map<std::string, std::uint64_t>{{"a", 10}, {"b", 90}, {"c", 90}}) {
    Spec one = spec(id);
    one.priority = priority;
    made.submit(one);
  }
  made.agent("x", {0, 0, 2});
  Planner planner(settings(), start, 1);
  const auto assigned = all_of<Assign>(planner.plan(made.picture, start));
  REQUIRE(assigned.size() == 2);
  CHECK(assigned[0].job == "b");
  CHECK(assigned[1].job == "c");
}

TEST_CASE("a job waits until all that it depends on has succeeded, and dies if that never will") {
  Made made;
  Spec first = spec("first");
  first.count = 2;
  made.submit(first);
  Spec then = spec("then");
  then.after = {"first"};
  made.submit(then);
  made.agent("x", {0, 0, 9});
  Planner planner(settings(), start, 1);
  made.job("first.0", in(Phase::succeeded));
  made.give("first.1", "x");
  CHECK(planner.plan(made.picture, start).empty());
  SECTION("succeeded") {
    made.job("first.1", in(Phase::succeeded));
    CHECK(all_of<Assign>(planner.plan(made.picture, start)).size() == 1);
  }
  SECTION("dead") {
    made.job("first.1", in(Phase::dead));
    const auto settled = all_of<Settle>(planner.plan(made.picture, start));
    REQUIRE(settled.size() == 1);
    CHECK(settled[0].record.phase == Phase::dead);
    CHECK(settled[0].record.reason == "what it waits for is dead: first.1");
  }
}

TEST_CASE("a failed job is tried again after a growing pause, and is dead after its last attempt") {
  Made made;
  Spec one = spec("a");
  one.backoff_ms = 1000;
  one.backoff_max_ms = 3000;
  made.submit(one);
  made.agent("x", {0, 0, 9});
  Planner planner(settings(), start, 1);
  made.job("a", in(Phase::failed, 2));
  const auto settled = all_of<Settle>(planner.plan(made.picture, start));
  REQUIRE(settled.size() == 1);
  CHECK(settled[0].record.phase == Phase::pending);
  CHECK(settled[0].record.delay_ms >= 1000);
  CHECK(settled[0].record.delay_ms <= 2000);
  made.job("a", settled[0].record);
  CHECK(planner.plan(made.picture, start + seconds(5)).empty());
  CHECK(planner.wake_at() == start + seconds(5) + milliseconds(settled[0].record.delay_ms));
  CHECK(all_of<Assign>(planner.plan(made.picture, planner.wake_at())).size() == 1);
  made.job("a", in(Phase::failed, 3));
  const auto dead = all_of<Settle>(planner.plan(made.picture, start));
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].record.phase == Phase::dead);
}

TEST_CASE("the pause lies between a half and the whole of the back-off, which has a limit") {
  Spec one = spec("a");
  one.backoff_ms = 100;
  one.backoff_max_ms = 1000;
  Prng prng(3);
  for (std::uint64_t failures = 1; failures < 100; ++failures) {
    const std::uint64_t whole = failures < 5 ? std::uint64_t{100} << (failures - 1) : 1000;
    const std::uint64_t pause = backoff(one, failures, prng);
    CHECK(pause >= whole / 2);
    CHECK(pause <= whole);
  }
}

TEST_CASE("the work of an agent that vanished is lost after the grace, and not before the leader has led for a TTL") {
  Made made;
  for (const char* id : {"a", "b", "c", "d", "e"}) made.agent(id, {0, 0, 9});
  made.submit(spec("job"));
  made.give("job", "a");
  Planner planner(settings(), start, 1);
  CHECK(planner.plan(made.picture, start).empty());
  made.erase(made.keys.agent("a"));
  const auto marked = all_of<MarkGone>(planner.plan(made.picture, start + seconds(60)));
  REQUIRE(marked.size() == 1);
  CHECK_FALSE(marked[0].given_up);
  made.put(made.keys.gone("a"), to_json(GoneRecord{}));
  CHECK(planner.plan(made.picture, start + seconds(79)).empty());
  CHECK(planner.wake_at() == start + seconds(80));
  SECTION("it does not come back") {
    const auto given_up = all_of<MarkGone>(planner.plan(made.picture, start + seconds(80)));
    REQUIRE(given_up.size() == 1);
    CHECK(given_up[0].given_up);
    made.put(made.keys.gone("a"), to_json(GoneRecord{true, 0}));
    CHECK(all_of<Lose>(planner.plan(made.picture, start + seconds(80))).size() == 1);
    Planner next(settings(), start + seconds(100), 1);
    CHECK(next.plan(made.picture, start + seconds(109)).empty());
    CHECK(all_of<Lose>(next.plan(made.picture, start + seconds(110))).size() == 1);
  }
  SECTION("it comes back") {
    made.agent("a", {0, 0, 9});
    const auto decisions = planner.plan(made.picture, start + seconds(100));
    CHECK(decisions.size() == 1);
    CHECK(all_of<ForgetGone>(decisions).size() == 1);
  }
}

TEST_CASE("an agent that takes its leave is not waited for") {
  Made made;
  made.agent("a", {0, 0, 9});
  made.submit(spec("job"));
  made.give("job", "a");
  AgentRecord leaving;
  leaving.leaving = true;
  made.put(made.keys.agent("a"), to_json(leaving));
  Planner planner(settings(), start, 1);
  CHECK(planner.plan(made.picture, start + seconds(20)).empty());
  made.erase(made.keys.agent("a"));
  const auto marked = all_of<MarkGone>(planner.plan(made.picture, start + seconds(20)));
  REQUIRE(marked.size() == 1);
  CHECK(marked[0].given_up);
}

TEST_CASE("when more than a quarter of the agents vanish together nothing is taken from them") {
  Made made;
  for (int i = 0; i < 10; ++i) made.agent("a" + std::to_string(i), {0, 0, 9});
  made.submit(spec("job"));
  made.give("job", "a0");
  Planner planner(settings(), start, 1);
  CHECK(planner.plan(made.picture, start + seconds(30)).empty());
  for (const char* id : {"a0", "a1", "a2"}) made.erase(made.keys.agent(id));
  auto decisions = planner.plan(made.picture, start + seconds(40));
  const auto frozen = all_of<BeginFreeze>(decisions);
  REQUIRE(frozen.size() == 1);
  CHECK(frozen[0].gone == 3);
  CHECK(frozen[0].agents == 10);
  for (const char* id : {"a0", "a1", "a2"}) made.put(made.keys.gone(id), to_json(GoneRecord{}));
  made.put(made.keys.freeze(), to_json(FreezeRecord{3, 10, 0}));
  CHECK(planner.plan(made.picture, start + seconds(4000)).empty());
  SECTION("new work goes on") {
    made.submit(spec("other"));
    CHECK(all_of<Assign>(planner.plan(made.picture, start + seconds(4000))).size() == 1);
  }
  SECTION("it ends when they come back") {
    made.agent("a0", {0, 0, 9});
    CHECK(all_of<EndFreeze>(planner.plan(made.picture, start + seconds(4000))).size() == 1);
  }
  SECTION("it ends when somebody gives them up, also under a leader that saw nothing of it") {
    for (const char* id : {"a0", "a1", "a2"}) made.put(made.keys.gone(id), to_json(GoneRecord{true, 0}));
    made.erase(made.keys.freeze());
    Planner next(settings(), start, 1);
    CHECK(all_of<Lose>(next.plan(made.picture, start + seconds(10))).size() == 1);
    CHECK(all_of<Lose>(planner.plan(made.picture, start + seconds(4000))).size() == 1);
  }
  SECTION("a leader that comes to it keeps it") {
    Planner next(settings(), start + seconds(50), 1);
    CHECK(next.plan(made.picture, start + seconds(4000)).empty());
  }
}

TEST_CASE("one agent of three that vanishes does not freeze") {
  Made made;
  for (const char* id : {"a", "b", "c"}) made.agent(id, {0, 0, 9});
  Planner planner(settings(), start, 1);
  CHECK(planner.plan(made.picture, start).empty());
  made.erase(made.keys.agent("a"));
  CHECK(all_of<BeginFreeze>(planner.plan(made.picture, start + seconds(1))).empty());
}

TEST_CASE("a drained agent ends what it has until the deadline, then gives it back") {
  Made made;
  made.agent("a", {0, 0, 9});
  made.submit(spec("job"));
  made.submit(spec("next"));
  made.give("job", "a");
  made.put(made.keys.drain("a"), to_json(DrainRecord{5000, ""}));
  Planner planner(settings(), start, 1);
  CHECK(planner.plan(made.picture, start).empty());
  CHECK(planner.wake_at() <= start + seconds(5));
  const auto asked = all_of<AskToStop>(planner.plan(made.picture, start + seconds(5)));
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].job == "job");
  CHECK(asked[0].stop == Stop::give_back);
}

TEST_CASE("urgent work displaces other work only if that is wished") {
  Made made;
  made.agent("a", {0, 0, 1});
  Spec low = spec("low");
  low.priority = 1;
  made.submit(low);
  made.submit(spec("high"));
  made.give("low", "a");
  Planner planner(settings(), start, 1);
  CHECK(planner.plan(made.picture, start).empty());
  Settings wished = settings();
  wished.preempt = true;
  Planner other(wished, start, 1);
  CHECK(all_of<AskToStop>(other.plan(made.picture, start)).size() == 1);
}

TEST_CASE("old final work is forgotten, but not what other work waits for") {
  Made made;
  Settings few = settings();
  few.history_max = 2;
  for (const char* id : {"a", "b", "c", "d"}) {
    made.submit(spec(id));
    made.job(id, in(Phase::succeeded));
  }
  Spec waits = spec("e");
  waits.after = {"a"};
  made.submit(waits);
  Planner planner(few, start, 1);
  const auto forgotten = all_of<ForgetSpec>(planner.plan(made.picture, start));
  REQUIRE(forgotten.size() == 2);
  CHECK(forgotten[0].spec == "b");
  CHECK(forgotten[1].spec == "c");
}

}  // namespace conclave::scheduler
