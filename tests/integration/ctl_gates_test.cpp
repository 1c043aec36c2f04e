#include <signal.h>

#include "conclave/test/catch.hpp"
#include "ctl_bench.hpp"

using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

/// The words of a reboot verb as said on a machine.
std::vector<std::string> on(const std::string& machine, const std::string& boot, std::vector<std::string> words) {
  words.insert(words.begin(), "reboot");
  words.insert(words.end(), {"--machine", machine, "--boot", boot});
  return words;
}

}  // namespace

TEST_CASE("conclavectl reboot: a slot is given back by the same machine after the reboot, or taken away by an operator") {
  const Bench bench;
  const Ran taken = bench.ctl(on("m1", "b1", {"take", "racks/a", "--reason", "a new kernel", "--deadline", "1s"}));
  REQUIRE(taken.code == 0);
  CHECK(taken.out.starts_with("0:"));  // a guard of lease zero
  CHECK(bench.ctl({"put", "k", "v", "--guard", taken.out.substr(0, taken.out.size() - 1)}).code == 0);
  CHECK(bench.ctl(on("m2", "b1", {"take", "racks/a", "--wait", "200ms"})).code == 3);
  CHECK(bench.ctl(on("m1", "b1", {"release", "racks/a"})).code == 3);
  REQUIRE(await(10s, [&] { return bench.json({"reboot", "status", "racks/a"})["holders"][0]["overdue"] == true; }));
  CHECK(bench.ctl(on("m1", "b2", {"release", "racks/a"})).code == 0);
  CHECK(bench.ctl(on("m1", "b2", {"release", "racks/a"})).code == 0);
  CHECK(bench.ctl({"put", "k", "v", "--guard", taken.out.substr(0, taken.out.size() - 1)}).code == 3);

  CHECK(bench.ctl(on("m2", "b1", {"take", "racks/a"})).code == 0);
  CHECK(bench.ctl({"reboot", "evict", "racks/a", "m1"}).code == 3);
  CHECK(bench.ctl({"reboot", "evict", "racks/a", "m2"}).code == 0);
  CHECK(bench.json({"reboot", "status", "racks/a"})["holders"].empty());
}

TEST_CASE("conclavectl reboot: a group that is paused gives no slot, and its budget may change while machines reboot") {
  const Bench bench;
  CHECK(bench.ctl({"reboot", "budget", "a", "2"}).code == 0);
  CHECK(bench.ctl(on("m1", "b1", {"take", "a"})).code == 0);
  CHECK(bench.ctl({"reboot", "pause", "a"}).code == 0);
  Process waiter = bench.start(on("m2", "b1", {"take", "a"}), "waiter");
  REQUIRE(await(20s, [&] { return bench.json({"reboot", "status", "a"})["waiters"].size() == 1; }));
  CHECK(bench.json({"reboot", "status", "a"})["paused"] == true);
  CHECK(bench.ctl({"reboot", "resume", "a"}).code == 0);
  CHECK(waiter.wait(10s) == 0);
  CHECK(bench.ctl({"reboot", "budget", "a", "1"}).code == 0);
  CHECK(bench.json({"reboot", "status", "a"})["over_committed"] == 1);
  CHECK(bench.ctl({"reboot", "budget", "b", "1"}).code == 0);
  CHECK(bench.ctl({"reboot", "groups"}).out == "a\nb\n");
  CHECK(bench.ctl({"reboot", "status", "a//b"}).code == 2);
}

TEST_CASE("conclavectl double-barrier begins when all are there and ends when all have ended") {
  const Bench bench;
  const std::string go = bench.file("go").string();
  Process first = bench.start({"double-barrier", "x", "2", "--", "sh", "-c", "echo inside; exit 4"}, "first");
  REQUIRE(await(20s, [&] { return bench.json({"get", "/conclave/double-barrier/x//", "--prefix"})["count"] == 1; }));
  CHECK(text_of(bench.file("first")).empty());
  Process second =
      bench.start({"double-barrier", "x", "2", "--", "sh", "-c", "until [ -e " + go + " ]; do sleep 0.05; done"}, "second");
  REQUIRE(bench.await_text("first", "inside"));
  CHECK_FALSE(first.wait(300ms));
  std::ofstream(go) << "go";
  CHECK(second.wait(10s) == 0);
  CHECK(first.wait(10s) == 4);
  CHECK(bench.ctl({"double-barrier", "x", "2", "--wait", "200ms", "--", "true"}).code == 3);
  CHECK(bench.ctl({"double-barrier", "x", "0", "--", "true"}).code == 2);
}

TEST_CASE("conclavectl counter adds, and latch opens at zero") {
  const Bench bench;
  CHECK(bench.ctl({"counter", "get", "x", "--initial", "4"}).out == "4\n");
  CHECK(bench.ctl({"counter", "add", "x", "5"}).out == "5\n");
  CHECK(bench.ctl({"counter", "add", "x", "-7"}).out == "-2\n");
  CHECK(bench.json({"counter", "set", "x", "3"})["value"] == 3);
  CHECK(bench.ctl({"counter", "add", "x", "much"}).code == 2);

  CHECK(bench.ctl({"latch", "wait", "x", "--count", "2", "--wait", "200ms"}).code == 3);
  Process waiter = bench.start({"latch", "wait", "x", "--count", "2"}, "waiter");
  CHECK(bench.ctl({"latch", "count-down", "x", "--count", "2"}).out == "1\n");
  CHECK(bench.ctl({"latch", "count-down", "x", "--count", "2", "--by", "9"}).out == "0\n");
  CHECK(waiter.wait(10s) == 0);
  CHECK(bench.ctl({"latch", "reset", "x", "1"}).code == 0);
  CHECK(bench.ctl({"latch", "wait", "x", "--wait", "200ms"}).code == 3);
}

TEST_CASE("a leader's command may proclaim another value, and nobody may who leads no more") {
  const Bench bench;
  Process listener = bench.start({"elect", "-l", "x"}, "leaders");
  const std::string self = program("conclavectl") + " --endpoints " + bench.cluster.endpoints();
  const Ran led =
      bench.ctl({"elect", "x", "one", "--note", "n", "--", "sh", "-c",
                 self + " elect x two --proclaim \"$CONCLAVE_GUARD\" && " + self + " elect x --show && echo \"$CONCLAVE_GUARD\""});
  CHECK(led.code == 0);
  CHECK(contains(led.out, "OK\n/conclave/election/x//"));
  CHECK(contains(led.out, "\ntwo\n"));
  const std::string guard = led.out.substr(led.out.rfind('\n', led.out.size() - 2) + 1);
  CHECK(bench.ctl({"elect", "x", "three", "--proclaim", guard.substr(0, guard.size() - 1)}).code == 3);
  CHECK(bench.ctl({"elect", "y", "three", "--proclaim", guard.substr(0, guard.size() - 1)}).code == 2);
  CHECK(bench.await_text("leaders", "two\n"));
  CHECK(listener.terminate(10s) == 0);
}

TEST_CASE("conclavectl watch runs its command once for each event, one after the other, and ends when it is asked to") {
  const Bench bench;
  const std::string command = "echo $CONCLAVE_WATCH_EVENT_TYPE $CONCLAVE_WATCH_KEY=$CONCLAVE_WATCH_VALUE";
  Process watcher = bench.start({"watch", "w/", "--prefix", "--rev", "1", "--", "sh", "-c", command}, "told");
  CHECK(bench.ctl({"put", "w/a", "1"}).code == 0);
  CHECK(bench.ctl({"put", "w/b", "2"}).code == 0);
  CHECK(bench.ctl({"del", "w/a"}).code == 0);
  REQUIRE(bench.await_text("told", "DELETE w/a=\n"));
  CHECK(text_of(bench.file("told")) == "PUT w/a=1\nPUT w/b=2\nDELETE w/a=\n");
  CHECK(watcher.terminate(10s) == 128 + SIGTERM);

  Process slow = bench.start({"watch", "w/", "--prefix", "--", "sh", "-c", "echo begun; sleep 100"}, "slow");
  REQUIRE(await(20s, [&] {
    CHECK(bench.ctl({"put", "w/a", "1"}).code == 0);
    return contains(text_of(bench.file("slow")), "begun");
  }));
  CHECK(slow.terminate(10s) == 128 + SIGTERM);  // the command is asked to end, too
}
