#include <signal.h>

#include "conclave/test/catch.hpp"
#include "ctl_bench.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

/// A command for `lock -- COMMAND` that tells its guard and then runs until it is ended.
std::vector<std::string> until_ended(const std::filesystem::path& told, const std::string& on_term) {
  return {"sh", "-c",
          "trap '" + on_term + "' TERM; echo \"$CONCLAVE_GUARD\" > " + told.string() + "; while :; do sleep 0.05; done"};
}

std::vector<std::string> words_of(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

TEST_CASE("conclavectl lock passes on the exit code, the token and a guard that is good while it is held") {
  const Bench bench;
  CHECK(bench.ctl({"lock", "x", "--", "sh", "-c", "exit 7"}).code == 7);
  CHECK(bench.ctl({"lock", "x", "--", "sh", "-c", "kill -KILL $$"}).code == 128 + SIGKILL);
  CHECK(bench.ctl({"lock", "x", "--", "no-such-command"}).code == 127);
  CHECK(bench.ctl({"lock", "x", "--", "/"}).code == 126);
  CHECK(bench.ctl({"lock", "x", "--", "cat"}, "through").out == "through");
  const std::string put =
      program("conclavectl") + " --endpoints " + bench.cluster.endpoints() + " put k v --guard \"$CONCLAVE_GUARD\"";
  const Ran held = bench.ctl({"lock", "x", "--", "sh", "-c", put + " && echo \"$CONCLAVE_NAME $CONCLAVE_TOKEN $CONCLAVE_GUARD\""});
  CHECK(held.code == 0);
  const std::string line = held.out.substr(held.out.find('\n') + 1);
  CHECK(line.starts_with("x "));
  const std::string guard = line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2);
  CHECK(contains(guard, ":" + line.substr(2, line.find(' ', 2) - 2) + ":/conclave/lock/x//"));
  CHECK(bench.ctl({"put", "k", "late", "--guard", guard}).code == 3);
  CHECK(bench.json({"lock", "x", "--show"})["holders"].empty());
}

TEST_CASE("of several conclavectl lock one command runs at a time") {
  const Bench bench;
  const std::string inside = bench.file("inside").string();
  const std::string command = "mkdir " + inside + " || exit 9; sleep 0.1; rmdir " + inside;
  std::vector<Process> all;
  for (int i = 0; i < 4; ++i) all.push_back(bench.start({"lock", "x", "--", "sh", "-c", command}, "log"));
  for (Process& one : all) CHECK(one.wait(30s) == 0);
}

TEST_CASE("conclavectl lock --try and --wait end with 3 when somebody has it") {
  const Bench bench;
  Process holder = bench.start({"lock", "x", "--note", "for a while"}, "holder");
  REQUIRE(bench.await_text("holder", "/conclave/lock/x//"));
  CHECK(bench.ctl({"lock", "x", "--try", "--", "true"}).code == 3);
  const Ran waited = bench.ctl({"lock", "x", "--wait", "200ms", "--", "true"});
  CHECK(waited.code == 3);
  CHECK(contains(waited.err, "(definite)"));
  const Json shown = bench.json({"lock", "x", "--show"});
  REQUIRE(shown["holders"].size() == 1);
  CHECK(shown["holders"][0]["note"] == "for a while");
  CHECK(holder.terminate(10s) == 0);
  CHECK(bench.ctl({"lock", "x", "--try", "--", "true"}).code == 0);
}

TEST_CASE("a wait for a lock that a signal ends leaves nothing behind") {
  const Bench bench;
  Process holder = bench.start({"lock", "x"}, "holder");
  REQUIRE(bench.await_text("holder", "/conclave/lock/x//"));
  Process waiter = bench.start({"lock", "x", "--ttl", "10m", "--", "true"}, "waiter");
  REQUIRE(bench.await_waiters("lock", 1));
  waiter.signal(SIGTERM);
  CHECK(waiter.wait(10s) == 128 + SIGTERM);
  CHECK(bench.await_waiters("lock", 0));
}

TEST_CASE("the command is ended when its lock is lost") {
  Bench bench;
  const auto guard = bench.file("guard");
  SECTION("by SIGTERM, when the lease is revoked") {
    Process holder = bench.start(words_of({"lock", "x", "--"}, until_ended(guard, "echo was told; exit 5")), "log");
    REQUIRE(bench.await_text("guard", "\n"));
    const std::string lease = text_of(guard).substr(0, text_of(guard).find(':'));
    CHECK(bench.ctl({"lease", "revoke", lease}).code == 0);
    CHECK(holder.wait(10s) == 1);
    CHECK(contains(text_of(bench.file("log")), "was told"));
    CHECK(contains(text_of(bench.file("log")), "was lost"));
  }
  SECTION("by SIGKILL, when it does not end within the grace") {
    Process holder = bench.start(words_of({"lock", "x", "--grace", "300ms", "--"}, until_ended(guard, "echo was told")), "log");
    REQUIRE(bench.await_text("guard", "\n"));
    const std::string told = text_of(guard);
    CHECK(bench.ctl({"del", told.substr(told.find("/conclave"), told.size() - told.find("/conclave") - 1)}).out == "1\n");
    CHECK(holder.wait(10s) == 1);
    CHECK(contains(text_of(bench.file("log")), "was told"));
  }
  SECTION("before the lease can end, when no member answers") {
    Process holder = bench.start(words_of({"lock", "x", "--ttl", "3s", "--"}, until_ended(guard, "echo was told")), "log");
    REQUIRE(bench.await_text("guard", "\n"));
    const auto cut_off = std::chrono::steady_clock::now();
    bench.cluster.process(0).signal(SIGSTOP);
    CHECK(holder.wait(20s) == 1);
    CHECK(std::chrono::steady_clock::now() - cut_off < 3s + 2s);  // the TTL, and a slow machine
    CHECK(contains(text_of(bench.file("log")), "was told"));
    bench.cluster.process(0).signal(SIGCONT);
  }
}

TEST_CASE("conclavectl lock passes signals on, and the lock is free when the command has ended") {
  const Bench bench;
  Process holder = bench.start(words_of({"lock", "x", "--ttl", "10m", "--"}, until_ended(bench.file("guard"), "exit 5")), "log");
  REQUIRE(bench.await_text("guard", "\n"));
  holder.signal(SIGTERM);
  CHECK(holder.wait(10s) == 5);
  CHECK(bench.ctl({"lock", "x", "--try", "--", "true"}).code == 0);
}

TEST_CASE("conclavectl rwlock lets readers in together and a writer alone") {
  const Bench bench;
  Process reader = bench.start({"rwlock", "x", "--shared"}, "reader");
  REQUIRE(bench.await_text("reader", "/conclave/rwlock/x//r/"));
  CHECK(bench.ctl({"rwlock", "x", "--shared", "--try", "--", "true"}).code == 0);
  CHECK(bench.ctl({"rwlock", "x", "--try", "--", "true"}).code == 3);
  CHECK(reader.terminate(10s) == 0);
  CHECK(bench.ctl({"rwlock", "x", "--try", "--", "true"}).code == 0);
}

TEST_CASE("conclavectl semaphore gives its slots and no more, and can be resized while it is held") {
  const Bench bench;
  std::vector<Process> holders;
  for (const char* log : {"a", "b"}) {
    holders.push_back(bench.start({"semaphore", "x", "--slots", "2", "--note", log}, log));
    REQUIRE(bench.await_text(log, "/conclave/semaphore/x//"));
  }
  CHECK(bench.ctl({"semaphore", "x", "--try", "--", "true"}).code == 3);
  CHECK(bench.json({"semaphore", "x", "--resize", "3"})["slots"] == 3);
  CHECK(bench.ctl({"semaphore", "x", "--try", "--", "true"}).code == 0);
  CHECK(bench.ctl({"semaphore", "x", "--weight", "2", "--try", "--", "true"}).code == 3);
  const Json less = bench.json({"semaphore", "x", "--resize", "1"});
  CHECK(less["over_committed"] == 1);
  CHECK(less["holders"].size() == 2);
  for (Process& one : holders) CHECK(one.terminate(10s) == 0);
}

TEST_CASE("conclavectl elect -l prints every leader in order") {
  const Bench bench;
  Process listener = bench.start({"-w", "json", "elect", "-l", "x"}, "leaders");
  REQUIRE(bench.await_text("leaders", "\"leader\":null"));
  Process first = bench.start({"elect", "x", "one"}, "first");
  REQUIRE(bench.await_text("first", "one\n"));
  Process second = bench.start({"elect", "x", "two"}, "second");
  REQUIRE(await(20s, [&] { return bench.json({"get", "/conclave/election/x//", "--prefix"})["count"] == 2; }));
  CHECK(bench.ctl({"elect", "x", "three", "--wait", "200ms"}).code == 3);
  CHECK(first.terminate(10s) == 0);
  REQUIRE(bench.await_text("second", "two\n"));
  REQUIRE(bench.await_text("leaders", "\"dHdv\""));
  CHECK(contains(bench.ctl({"elect", "x", "--show"}).out, "\ntwo\n"));
  CHECK(second.terminate(10s) == 0);
  CHECK(bench.ctl({"elect", "x", "four", "--", "sh", "-c", "exit 6"}).code == 6);
  REQUIRE(bench.await_text("leaders", "\"Zm91cg==\""));
  CHECK(listener.terminate(10s) == 0);
  std::ifstream lines(bench.file("leaders"));
  std::vector<std::string> values;
  for (std::string line; std::getline(lines, line);)
    if (const Json told = Json::parse(line); !told["leader"].is_null()) values.push_back(told["leader"]["value"]);
  CHECK(values == std::vector<std::string>{"b25l", "dHdv", "Zm91cg=="});
}

TEST_CASE("conclavectl queue: what pop hands out is acknowledged by its handle, from another process") {
  const Bench bench;
  CHECK(bench.ctl({"queue", "push", "x", "first", "--id", "1"}).out == "1\n");
  CHECK(bench.json({"queue", "push", "x", "again", "--id", "1"})["new"] == false);
  CHECK(bench.ctl({"queue", "push", "x", "--id", "2", "--priority", "9"}, "more urgent").out == "2\n");
  const Ran urgent = bench.ctl({"queue", "pop", "x"});
  REQUIRE(urgent.code == 0);
  const std::size_t end = urgent.out.find('\n');
  CHECK(urgent.out.substr(end + 1) == "more urgent\n");
  const std::string handle = urgent.out.substr(0, end);
  const Json listed = bench.json({"queue", "list", "x"})["items"];
  REQUIRE(listed.size() == 2);
  CHECK(listed[0]["state"] == "taken");
  CHECK(listed[0]["id"] == "2");
  CHECK(bench.ctl({"lease", "renew", handle.substr(0, handle.find(':'))}).code == 0);
  CHECK(bench.ctl({"queue", "ack", "y", handle}).code == 2);
  CHECK(bench.ctl({"queue", "ack", "x", handle}).code == 0);
  CHECK(bench.ctl({"queue", "ack", "x", handle}).code == 3);
  const Json item = bench.json({"queue", "pop", "x"});
  CHECK(item["id"] == "1");
  CHECK(bench.ctl({"queue", "pop", "x", "--try"}).code == 3);
  CHECK(bench.ctl({"queue", "reject", "x", item["handle"], "--why", "not now"}).code == 0);
  CHECK(bench.ctl({"queue", "ack", "x", item["handle"]}).code == 3);
  CHECK(bench.json({"queue", "pop", "x", "--try"})["attempt"] == 2);
}

TEST_CASE("an item that is not acknowledged in time is handed out again") {
  const Bench bench;
  CHECK(bench.ctl({"queue", "push", "x", "b"}).code == 0);
  const Json first = bench.json({"queue", "pop", "x", "--hold-for", "2s"});
  const Json second = bench.json({"queue", "pop", "x", "--wait", "30s"});
  CHECK(second["id"] == first["id"]);
  CHECK(second["attempt"] == 2);
  CHECK(bench.ctl({"queue", "ack", "x", first["handle"]}).code == 3);
  CHECK(bench.ctl({"queue", "ack", "x", second["handle"]}).code == 0);
}

TEST_CASE("conclavectl queue pop -- COMMAND acknowledges on 0, and what fails too often is dead") {
  const Bench bench;
  CHECK(bench.ctl({"queue", "push", "x", "the body", "--id", "i", "--attempts", "2"}).code == 0);
  const Ran failed = bench.ctl({"queue", "pop", "x", "--", "sh", "-c", "cat; echo; echo $CONCLAVE_ITEM $CONCLAVE_ATTEMPT; exit 4"});
  CHECK(failed.code == 4);
  CHECK(failed.out == "the body\ni 1\n");
  CHECK(bench.ctl({"queue", "pop", "x", "--", "false"}).code == 1);
  const Json dead = bench.json({"queue", "dead", "x"})["items"];
  REQUIRE(dead.size() == 1);
  CHECK(dead[0]["error"] == "exit code 1");
  CHECK(bench.json({"queue", "count", "x"})["dead"] == 1);
  CHECK(bench.ctl({"queue", "dead", "x", "--revive", "i"}).code == 0);
  CHECK(bench.ctl({"queue", "dead", "x", "--discard", "i"}).code == 3);
  CHECK(bench.ctl({"queue", "pop", "x", "--", "cat"}).out == "the body");
  CHECK(bench.json({"queue", "list", "x"})["items"].empty());
}

TEST_CASE("conclavectl barrier wait ends when the barrier is released") {
  const Bench bench;
  CHECK(bench.ctl({"barrier", "wait", "x"}).code == 0);
  CHECK(bench.ctl({"barrier", "close", "x"}).code == 0);
  CHECK(bench.ctl({"barrier", "wait", "x", "--wait", "200ms"}).code == 3);
  Process waiter = bench.start({"barrier", "wait", "x"}, "waiter");
  CHECK(bench.ctl({"barrier", "release", "x"}).code == 0);
  CHECK(waiter.wait(10s) == 0);
}

TEST_CASE("conclavectl discover --watch tells of every instance that registers, drains and goes") {
  const Bench bench;
  Process watcher = bench.start({"-w", "json", "discover", "x", "--watch"}, "seen");
  REQUIRE(bench.await_text("seen", "\"instances\":[]"));
  Process instance = bench.start({"register", "x", "i1", "--address", "10.0.0.7:2525", "--tag", "a", "--drain", "1s", "--every",
                                  "100ms", "--", "test", "-e", bench.file("healthy").string()},
                                 "instance");
  CHECK(bench.json({"discover", "x"})["instances"].empty());
  std::ofstream(bench.file("healthy")) << "yes";
  REQUIRE(bench.await_text("instance", "i1 registered"));
  const Json found = bench.json({"discover", "x"})["instances"];
  REQUIRE(found.size() == 1);
  CHECK(found[0]["address"] == "10.0.0.7");
  CHECK(found[0]["port"] == 2525);
  CHECK(bench.json({"discover", "x", "--tag", "b"})["instances"].empty());
  std::filesystem::remove(bench.file("healthy"));
  REQUIRE(bench.await_text("seen", "\"unhealthy\""));
  instance.signal(SIGTERM);
  REQUIRE(bench.await_text("seen", "\"draining\""));
  CHECK(instance.wait(10s) == 0);
  CHECK(bench.json({"discover", "x"})["instances"].empty());
  CHECK(watcher.terminate(10s) == 0);
}

TEST_CASE("conclavectl's recipes tell at once that no member answers, and what is wrong with a name") {
  const std::vector<std::vector<std::string>> verbs = {{"lock", "x"},       {"rwlock", "x"},       {"semaphore", "x"},
                                                       {"elect", "x", "v"}, {"queue", "pop", "x"}, {"barrier", "wait", "x"}};
  for (const auto& verb : verbs) {
    const Ran ran = run(words_of({program("conclavectl"), "--endpoints", "127.0.0.1:1", "--timeout", "300ms"}, verb));
    INFO(verb.front() + ": " + ran.err);
    CHECK(ran.code == 1);
    CHECK(contains(ran.err, "(definite)"));
  }
  const Bench bench;
  CHECK(bench.ctl({"lock", "a//b", "--", "true"}).code == 2);
  CHECK(bench.ctl({"lock", "x", "--ttl", "soon", "--", "true"}).code == 2);
  CHECK(bench.ctl({"lock", "x", "--ttl", "10s", "--grace", "6s", "--", "true"}).code == 2);
}
