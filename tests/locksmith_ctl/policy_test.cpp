#include "conclave/test/catch.hpp"
#include "fixture.hpp"

using namespace conclave::locksmith::test;

TEST_CASE("fewer slots than holders are reported as over-committed, and are no negative numbers") {
  const Desk desk("shrinking");
  CHECK(desk.run({"set-max", "3"}).code == 0);
  for (const char* const id : {"m1", "m2", "m3"}) CHECK(desk.run({"lock", id}).code == 0);
  const Ran shrunk = desk.run({"set-max", "1"});
  CHECK(shrunk.code == 0);
  CHECK(has(shrunk.out, "Max: 1\n"));
  CHECK(has(shrunk.err, "over-committed by 2: 3 machines hold a slot"));
  const Json status = desk.status();
  CHECK(status["available"] == 0);
  CHECK(status["over_committed"] == 2);
  CHECK(desk.run({"lock", "m1"}).code == 0);
  CHECK(desk.run({"lock", "m4"}).code == 3);
  CHECK(desk.run({"set-max", "0"}).code == 0);
  CHECK(desk.json({"set-max", "25%"})["max"] == 1);
}

TEST_CASE("set-max takes numbers and percentages of slots that can be, and nothing else") {
  const Desk desk("max");
  const auto before = revision();
  for (const char* const wrong : {"many", "1001", "-1", "1.5", "", "101%", "99999999999999999999", "1 ", "%"}) {
    INFO(wrong);
    CHECK(desk.run({"set-max", "--", wrong}).code == 2);
  }
  CHECK(desk.run({"set-max"}).code == 2);
  CHECK(revision() == before);
}

TEST_CASE("settings are changed all at once or not at all") {
  const Desk desk("settings");
  const Json changed =
      desk.json({"group", "set", "slots=2", "windows=mon,thu 02:00 1h30m; sat 22:00 6h", "zone=Europe/Berlin", "unhealthy_max=1",
                 "spacing=10m", "order=priority", "deadline=45m", "auto_release=2h", "down_max=2"});
  CHECK(changed["max"] == 2);
  CHECK(changed["policy"]["zone"] == "Europe/Berlin");
  CHECK(changed["window"].is_object());
  const std::string shown = desk.run({"group", "show"}).out;
  CHECK(has(shown, "windows        mon,thu 02:00 1h30m; sat 22:00 6h\n"));
  CHECK(has(shown, "auto_release   2h\n"));
  const auto before = revision();
  for (const char* const wrong : {"windows=funday 02:00 1h", "zone=Atlantis/City", "zone=../../etc/passwd", "colour=red", "slots",
                                  "=", "spacing=1s", "auto_release=never", "down_max=0%", "deadline=-5m"}) {
    INFO(wrong);
    const Ran ran = desk.run({"group", "set", "slots=3", wrong});
    CHECK(ran.code == 2);
    CHECK(has(ran.err, "definite"));
  }
  CHECK(revision() == before);
  CHECK(desk.status()["max"] == 2);
  CHECK(desk.run({"group", "set", "windows=none", "auto_release=none"}).code == 0);
  CHECK(desk.status()["window"].is_null());
}

TEST_CASE("a whole policy is read from a file as it was shown, and nothing else is taken for one") {
  const Desk desk("editing");
  CHECK(desk.run({"group", "set", "slots=10%", "windows=02:00 1h"}).code == 0);
  const Json shown = desk.json({"group", "show"})["policy"];
  const Desk copy("editing-copy");
  CHECK(copy.run({"group", "edit"}, shown.dump()).code == 0);
  CHECK(copy.json({"group", "show"})["policy"] == shown);
  const auto before = revision();
  const std::string deep(100'000, '[');
  for (const std::string& wrong : {std::string(), std::string("[]"), std::string("{\"slots\": 1, \"sluts\": 2}"),
                                   std::string("{\"slots\": \"many\"}"), std::string("\xff\xfe"), deep, std::string(70'000, ' ')}) {
    const Ran ran = copy.run({"group", "edit", "-"}, wrong);
    INFO(wrong.substr(0, 40) << " -> " << ran.err);
    CHECK(ran.code == 2);
  }
  CHECK(copy.run({"group", "edit", "/nowhere/at/all"}).code == 1);
  CHECK(revision() == before);
}

TEST_CASE("the policy that is shipped as an example is one") {
  const Desk desk("example");
  CHECK(desk.json({"group", "edit", CONCLAVE_TEST_DIR "/../../examples/locksmith/deploy/policy.json"})["policy"]["percent"] == 10);
}

TEST_CASE("a paused group says who paused it and why, gives no slot, and does again after resume") {
  const Desk desk("pausing");
  CHECK(desk.run({"pause", "--reason", "a release is going out"}).code == 0);
  const Json status = desk.status();
  CHECK(status["state"] == "paused");
  CHECK(has(status["state_text"], "a release is going out"));
  const Ran refused = desk.run({"lock", "m1"});
  CHECK(refused.code == 3);
  CHECK(has(refused.err, "a release is going out"));
  CHECK(has(desk.run({"status"}).out, "State:     the group is paused by"));
  CHECK(desk.run({"resume"}).code == 0);
  CHECK(desk.run({"lock", "m1"}).code == 0);
}

TEST_CASE("all groups are listed, each with its own figures") {
  const Desk one("listed/one");
  const Desk two("listed/two");
  CHECK(one.run({"set-max", "4"}).code == 0);
  CHECK(two.run({"lock", "m1"}).code == 0);
  const Json list = one.json({"groups"});
  std::vector<std::string> found;
  for (const Json& group : list["groups"]) {
    if (group["group"] == "listed/one") CHECK(group["max"] == 4);
    if (group["group"] == "listed/two") CHECK(group["held"] == 1);
    found.push_back(group["group"]);
  }
  CHECK(std::count(found.begin(), found.end(), "listed/one") == 1);
  CHECK(std::count(found.begin(), found.end(), "listed/two") == 1);
  CHECK(has(one.run({"groups"}).out, "listed/two"));
}
