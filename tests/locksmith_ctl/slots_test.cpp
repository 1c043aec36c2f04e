#include <csignal>

#include "conclave/test/catch.hpp"
#include "fixture.hpp"

using namespace conclave::locksmith::test;
using conclave::test::await;
using conclave::test::Process;

TEST_CASE("looking writes nothing, not even at a group that nobody used") {
  const Desk desk("looking");
  const auto before = revision();
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"status"}, {"groups"}, {"machines"}, {"history"}, {"group", "show"}}) {
    CHECK(desk.run(verb).code == 0);
    CHECK(desk.json(verb).is_object());
  }
  CHECK(revision() == before);
  const Json status = desk.status();
  CHECK(status["exists"] == false);
  CHECK(status["available"] == 1);
  CHECK(has(desk.run({"status"}).out, "Available: 1\nMax:       1\n"));
}

TEST_CASE("locksmith#58: a holder that locks again is told that it holds a slot, also when the group is full") {
  const Desk desk("full");
  CHECK(desk.run({"lock", "m1", "--reason", "kernel"}).code == 0);
  const Ran again = desk.run({"lock", "m1"});
  CHECK(again.code == 0);
  CHECK(has(again.out, "m1 holds a slot already"));
  const Json answer = desk.json({"lock", "m1"});
  CHECK(answer["already"] == true);
  CHECK(answer["holder"]["reason"] == "kernel");

  const Ran other = desk.run({"lock", "m2"});
  CHECK(other.code == 3);
  CHECK(has(other.err, "no slot for m2: 1 of 1 slots are taken, by m1"));
  const Json refused = desk.json({"lock", "m2"}, 3);
  CHECK(refused["locked"] == false);
  CHECK(refused["holder"].is_null());
  CHECK(desk.holders() == std::vector<std::string>{"m1"});
  CHECK(desk.status()["queue"].empty());
}

TEST_CASE("a slot is given back by its machine only; that there is none is no error") {
  const Desk desk("unlocking");
  CHECK(desk.run({"set-max", "2"}).code == 0);
  CHECK(desk.run({"lock"}).code == 0);
  CHECK(desk.run({"lock", "other"}).code == 0);
  const Ran refused = desk.run({"unlock", "other"});
  CHECK(refused.code == 3);
  CHECK(has(refused.err, "locksmithctl evict other --force"));
  CHECK(desk.holders() == std::vector<std::string>{"own", "other"});
  CHECK(desk.json({"unlock"})["unlocked"] == true);
  CHECK(desk.json({"unlock", "own"})["unlocked"] == false);
  CHECK(desk.holders() == std::vector<std::string>{"other"});
}

TEST_CASE("a dead holder is evicted, with force and with a name to it in the history") {
  const Desk desk("evicting");
  CHECK(desk.run({"lock", "dead", "--reason", "bios"}).code == 0);
  const auto before = revision();
  const Ran hesitant = desk.run({"evict", "dead"});
  CHECK(hesitant.code == 3);
  CHECK(has(hesitant.err, "bios"));
  CHECK(has(hesitant.err, "--force"));
  CHECK(revision() == before);
  CHECK(desk.json({"evict", "dead", "--force", "--reason", "its board is dead"})["unlocked"] == true);
  CHECK(desk.holders().empty());
  CHECK(desk.json({"evict", "dead", "--force"})["unlocked"] == false);
  const Json history = desk.json({"history"})["history"];
  REQUIRE_FALSE(history.empty());
  CHECK(history.back()["event"] == "evicted");
  CHECK(history.back()["machine"] == "dead");
  CHECK(history.back()["detail"] == "its board is dead");
  CHECK_FALSE(has(history.back()["by"], "its board is dead"));
  CHECK(desk.json({"history", "-n", "1"})["history"].size() == 1);
}

TEST_CASE("a wait for a slot ends with it, in time without it, or at once when it is interrupted; nothing stays behind") {
  const Desk desk("waiting");
  CHECK(desk.run({"lock", "m1"}).code == 0);
  const Ran impatient = desk.run({"lock", "m2", "--wait", "500ms"});
  CHECK(impatient.code == 3);
  CHECK(has(impatient.err, "waiting: 1 of 1 slots are taken"));

  const auto log = cluster().directory() / "waiting.log";
  Process patient(desk.command({"lock", "m3", "--wait", "forever"}), log);
  REQUIRE(await(std::chrono::seconds(20), [&] { return desk.status()["queue"].size() == 1; }));
  CHECK(desk.status()["queue"][0]["machine"] == "m3");
  CHECK(desk.run({"evict", "m1", "--force"}).code == 0);
  CHECK(patient.wait(std::chrono::seconds(20)) == 0);
  CHECK(desk.holders() == std::vector<std::string>{"m3"});

  Process interrupted(desk.command({"lock", "m4", "--wait", "1h"}), log);
  REQUIRE(await(std::chrono::seconds(20), [&] { return desk.status()["queue"].size() == 1; }));
  interrupted.signal(SIGINT);
  CHECK(interrupted.wait(std::chrono::seconds(20)) == 1);
  CHECK(await(std::chrono::seconds(5), [&] { return desk.status()["queue"].empty(); }));
}

TEST_CASE("who asks for a slot at once overtakes nobody who waits") {
  const Desk desk("fair");
  CHECK(desk.run({"lock", "m1"}).code == 0);
  Process waiting(desk.command({"lock", "m2", "--wait", "forever"}), cluster().directory() / "fair.log");
  REQUIRE(await(std::chrono::seconds(20), [&] { return desk.status()["queue"].size() == 1; }));
  CHECK(desk.run({"pause", "--reason", "lunch"}).code == 0);
  CHECK(desk.run({"evict", "m1", "--force"}).code == 0);
  const Ran paused = desk.run({"lock", "m3"});
  CHECK(paused.code == 3);
  CHECK(has(paused.err, "lunch"));
  CHECK(desk.holders().empty());
  CHECK(desk.run({"resume"}).code == 0);
  CHECK(waiting.wait(std::chrono::seconds(20)) == 0);
  CHECK(desk.holders() == std::vector<std::string>{"m2"});
}

TEST_CASE("a wish to reboot stands beside the machine until it is fulfilled; a machine that holds nothing can be forgotten") {
  const Desk desk("wishing");
  CHECK(desk.json({"need-reboot", "m1", "--reason", "microcode"})["wished"] == true);
  CHECK(desk.run({"send-need-reboot"}).code == 0);
  CHECK(desk.json({"forget", "nobody"})["forgotten"] == false);
  CHECK(desk.run({"lock", "m1"}).code == 0);
  CHECK(desk.run({"forget", "m1"}).code == 3);
  CHECK(desk.run({"evict", "m1", "--force"}).code == 0);
  CHECK(desk.run({"forget", "m1"}).code == 0);
}

TEST_CASE("ids that no machine has are refused by every verb, and nothing is written") {
  const Desk desk("ids");
  const auto before = revision();
  const std::string long_id(129, 'a');
  for (const std::string& id : {std::string("a b"), std::string("a/b"), std::string("\x1b[31m"), long_id, std::string("\xff")})
    for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
             {"lock", id}, {"unlock", id}, {"evict", id, "--force"}, {"need-reboot", id}, {"forget", id}}) {
      const Ran ran = desk.run(verb);
      INFO(verb[0] << " " << id << ": " << ran.err);
      CHECK(ran.code == 2);
      CHECK_FALSE(has(ran.err, "\x1b"));
    }
  CHECK(revision() == before);
}
