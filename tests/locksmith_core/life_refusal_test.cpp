#include "conclave/test/catch.hpp"
#include "life_bench.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::locksmith::test;
using namespace std::chrono_literals;

/// Reboots that do not come, and machines that may not ask for one.

TEST_CASE("a reboot that is refused again and again is called off, so that others get the slot, and tried later") {
  Bench bench;
  bench.to_reboot();
  for (int refusals = 1; refusals < 3; ++refusals) {
    CHECK(bench.happens(happened::RebootFailed{"not authorized"}).empty());
    CHECK(bench.wakes() == "look");
    CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save rebooting, reboot");
  }
  CHECK(bench.happens(happened::RebootFailed{"not authorized"}) == "save undoing, restore");
  CHECK(bench.happens(happened::HooksDone{}) == "save returning, returned");
  bench.happens(happened::Released{});
  CHECK(bench.life.stage() == Stage::waiting);
  CHECK(bench.life.detail() == "the reboot failed: not authorized");
  const Instant failed_at = bench.now.time;
  CHECK(bench.wakes() == "queue");
  CHECK(bench.now.time - failed_at == 10min);
}

TEST_CASE("a reboot of which nobody knows whether it comes is waited for like one that was accepted") {
  Bench bench;
  bench.to_reboot();
  const Instant asked_at = bench.now.time;
  CHECK(bench.happens(happened::RebootFailed{"no answer", false}).empty());
  CHECK(bench.life.stage() == Stage::rebooting);
  CHECK(bench.life.detail() == "it is not known whether the reboot comes: no answer");
  CHECK(bench.wakes() == "look");
  CHECK(bench.now.time - asked_at == 5min);
}

TEST_CASE("a reboot that was accepted and does not come is asked for again, and people are told how often") {
  Bench bench;
  bench.to_reboot();
  for (const char* times : {"1 time", "2 times"}) {
    CHECK(bench.wakes() == "look");
    CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save rebooting, reboot");
    CHECK(bench.life.detail() == "asked for " + std::string(times) + ", and it did not come");
  }
}

TEST_CASE("while another machine is heard under its id a machine neither queues nor reboots") {
  Bench bench;
  const std::string why = "the machine id is used twice";
  SECTION("from the beginning") {
    bench.happens(happened::Began{"boot-1", {}});
    bench.now.hindrance = why;
    CHECK(bench.happens(happened::NeedKnown{bench.need}).empty());
    CHECK(bench.life.stage() == Stage::waiting);
    CHECK(bench.life.detail() == why);
    bench.now.hindrance.clear();
    CHECK(bench.happens(happened::Woken{}) == "queue");
  }
  SECTION("in the queue") {
    bench.to_queue();
    bench.now.hindrance = why;
    CHECK(bench.happens(happened::Woken{}) == "leave");
    CHECK(bench.life.stage() == Stage::waiting);
  }
  SECTION("drained") {
    bench.to_drain();
    bench.happens(happened::HooksDone{});
    bench.now.hindrance = why;
    CHECK(bench.happens(happened::UsersWarned{}) == "look");
    CHECK(bench.happens(happened::Looked{bench.need, false, Revision(7)}) == "save undoing, restore");
    CHECK(bench.life.detail() == why);
  }
}
