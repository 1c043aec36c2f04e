#include "conclave/test/catch.hpp"
#include "fixture.hpp"
#include "old_spelling.hpp"

using namespace conclave::locksmith::test;
using conclave::locksmith::ctl::old_semaphore_of;
using conclave::locksmith::ctl::OldSemaphore;

TEST_CASE("the semaphores of locksmith and airlock are read") {
  CHECK(old_semaphore_of(R"({"semaphore":1,"max":3,"holders":["b","a"]})").value() == OldSemaphore{3, {"a", "b"}});
  CHECK(old_semaphore_of(R"({"semaphore":1,"max":1,"holders":null})").value() == OldSemaphore{1, {}});
  CHECK(old_semaphore_of(R"({"semaphore":-1,"max":1,"holders":["a","b"]})").value() == OldSemaphore{1, {"a", "b"}});
  CHECK(old_semaphore_of(R"({"total_slots":2,"holders":["a"]})").value() == OldSemaphore{2, {"a"}});
  CHECK(old_semaphore_of("{\"max\":1,\n \"semaphore\":1}\n").value() == OldSemaphore{1, {}});
}

TEST_CASE("what is not a semaphore, or not true to itself, is refused with what is wrong") {
  const std::string long_id(129, 'a');
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {"{\"semaphore\":1,\"max\":1,\"holders\":[]", "no JSON object"},
      {R"({"semaphore":1,"max":1,"holders":[]} {})", "no JSON object"},
      {R"({"semaphore":2,"max":2,"holders":["a"]})", "2 free slots and 1 holders do not make up 2"},
      {R"({"semaphore":0,"max":1,"holders":[]})", "do not make up"},
      {R"({"semaphore":0,"max":2,"holders":["a","a"]})", "'a' twice"},
      {R"({"semaphore":0,"max":1,"holders":["a b"]})", "no machine id"},
      {R"({"semaphore":0,"max":1,"holders":[""]})", "no machine id"},
      {R"({"semaphore":0,"max":1,"holders":["\u001b[2J"]})", "no machine id"},
      {R"({"semaphore":0,"max":1,"holders":[")" + long_id + R"("]})", "no machine id"},
      {R"({"semaphore":0,"max":1,"holders":[7]})", "no machine id"},
      {R"({"semaphore":0,"max":1,"holders":{"a":1}})", "no list"},
      {R"({"semaphore":1,"max":-1,"holders":[]})", "no \"max\""},
      {R"({"semaphore":1,"max":1.0,"holders":[]})", "no \"max\""},
      {R"({"semaphore":1,"max":1e3,"holders":[]})", "no \"max\""},
      {R"({"semaphore":1001,"max":1001,"holders":[]})", "no \"max\""},
      {R"({"semaphore":18446744073709551615,"max":0,"holders":["a"]})", "too many free slots"},
      {R"({"semaphore":-9223372036854775808,"max":0,"holders":[]})", "do not make up"},
      {R"({"semaphore":"1","max":1,"holders":[]})", "no whole number"},
      {R"({"max":1,"holders":[]})", "no whole number"},
      {R"({"semaphore":1,"max":1,"max":2,"holders":[]})", "\"max\" twice"},
      {R"({"semaphore":1,"max":1,"holders":[],"owner":"x"})", "never had"},
      {R"({"semaphore":0,"max":1,"holders":[["a"]]})", "too deeply"},
      {R"({"semaphore":0,"max":1,"holders":[[["a"]]]})", "too deeply"},
      {"{\"semaphore\":0,\"max\":1,\"holders\":[\"\xff\"]}", "no JSON object"},
      {std::string(200'000, '['), "too deeply"},
      {std::string(1'000'001, ' '), "more than 1,000,000 bytes"},
  };
  for (const auto& [text, what] : wrong) {
    const auto read = old_semaphore_of(text);
    INFO(text.substr(0, 80));
    REQUIRE_FALSE(read.has_value());
    INFO(read.error().context);
    CHECK(has(read.error().context, what));
  }
}

TEST_CASE("an import makes holders and slots in one write, and the holders can be told from others") {
  const Desk desk("imported");
  const auto before = revision();
  const Json status = desk.json({"import"}, 0, R"({"semaphore":0,"max":2,"holders":["m2","m1"]})");
  CHECK(revision().value() == before.value() + 1);
  CHECK(status["max"] == 2);
  CHECK(status["held"] == 2);
  CHECK(status["holders"][0]["machine"] == "m1");
  CHECK(status["holders"][0]["boot"].is_null());
  CHECK(has(status["holders"][0]["reason"], "another program"));
  CHECK(desk.run({"lock", "m1"}).code == 0);
  CHECK(desk.run({"lock", "m3"}).code == 3);
  CHECK(desk.run({"evict", "m1", "--force"}).code == 0);
  CHECK(desk.run({"lock", "m3"}).code == 0);
}

TEST_CASE("an import into a group that has holders is refused; one into a group with a policy keeps the rest of it") {
  const Desk desk("import-twice");
  CHECK(desk.run({"group", "set", "slots=5", "windows=02:00 1h"}).code == 0);
  const Ran first = desk.run({"import"}, R"({"semaphore":-1,"max":1,"holders":["m1","m2"]})");
  CHECK(first.code == 0);
  CHECK(has(first.out, "has 1 slot and 2 holders now"));
  CHECK(has(first.err, "over-committed by 1"));
  CHECK(desk.status()["policy"]["windows"].size() == 1);
  const auto before = revision();
  const Ran second = desk.run({"import"}, R"({"semaphore":1,"max":1,"holders":null})");
  CHECK(second.code == 3);
  CHECK(has(second.err, "has holders already"));
  CHECK(revision() == before);
}

TEST_CASE("input that is no semaphore leaves everything as it was") {
  const Desk desk("import-bad");
  const auto before = revision();
  CHECK(desk.run({"import"}, "{}").code == 2);
  CHECK(desk.run({"import"}, R"({"semaphore":3,"max":1,"holders":[]})").code == 2);
  CHECK(desk.run({"import", "/nowhere/at/all"}).code == 1);
  Json many{{"semaphore", 0}, {"max", 61}, {"holders", Json::array()}};
  for (int i = 0; i < 61; ++i) many["holders"].push_back("m" + std::to_string(i));
  CHECK(desk.run({"import"}, many.dump()).code == 1);
  CHECK(revision() == before);
  many["holders"].erase(60);
  many["max"] = 60;
  CHECK(desk.json({"import"}, 0, many.dump())["held"] == 60);
}
