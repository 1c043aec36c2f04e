#include "conclave/scheduler_core/placement.hpp"
#include "conclave/test/catch.hpp"
#include "pictures.hpp"

namespace conclave::scheduler {

using test::Made;
using test::spec;

TEST_CASE("a job goes where there is room for all it needs, to the least full agent") {
  Made made;
  made.agent("a", {1000, 100, 1});
  made.agent("b", {4000, 400, 4});
  made.agent("c", {4000, 50, 4});
  Placement placement(made.picture);
  Spec wants = spec("x");
  wants.resources = {1000, 100, 1};
  CHECK(placement.place(wants) == "b");
  CHECK(placement.place(wants) == "b");
  CHECK(placement.place(wants) == "b");
  CHECK(placement.place(wants) == "a");
  CHECK(placement.place(wants) == "b");
  CHECK_FALSE(placement.place(wants).has_value());
}

TEST_CASE("what runs takes its room; draining and leaving agents get nothing new") {
  Made made;
  made.agent("a", {0, 0, 2});
  made.agent("b", {0, 0, 2});
  made.submit(spec("x"));
  made.submit(spec("y"));
  made.give("x", "a");
  made.put(made.keys.drain("b"), to_json(DrainRecord{}));
  Placement placement(made.picture);
  CHECK(placement.place(spec("z")) == "a");
  CHECK_FALSE(placement.place(spec("z")).has_value());
  AgentRecord leaving;
  leaving.capacity.slots = 9;
  leaving.leaving = true;
  made.put(made.keys.agent("c"), to_json(leaving));
  CHECK_FALSE([&] {
    return Placement(made.picture).place([] {
      auto s = spec("z");
      s.resources.slots = 3;
      return s;
    }());
  }()
                  .has_value());
}

TEST_CASE("labels must all be there, and an anti-affinity group shares no agent") {
  Made made;
  made.agent("a", {0, 0, 9}, {{"disk", "ssd"}, {"zone", "1"}});
  made.agent("b", {0, 0, 9}, {{"disk", "hdd"}});
  Placement placement(made.picture);
  Spec wants = spec("x");
  wants.labels = {{"disk", "ssd"}, {"zone", "2"}};
  CHECK_FALSE(placement.place(wants).has_value());
  wants.labels = {{"disk", "ssd"}};
  wants.anti_affinity = "g";
  CHECK(placement.place(wants) == "a");
  CHECK_FALSE(placement.place(wants).has_value());
  wants.labels.clear();
  CHECK(placement.place(wants) == "b");
  CHECK_FALSE(placement.place(wants).has_value());
}

TEST_CASE("an array is spread over the values of a label before agents are filled") {
  Made made;
  made.agent("a", {0, 0, 9}, {{"zone", "1"}});
  made.agent("b", {0, 0, 9}, {{"zone", "1"}});
  made.agent("c", {0, 0, 9}, {{"zone", "2"}});
  Placement placement(made.picture);
  Spec wants = spec("x");
  wants.spread = "zone";
  std::map<std::string, int> zones;
  for (int i = 0; i < 6; ++i) ++zones[made.picture.agents.at(*placement.place(wants)).record.labels.at("zone")];
  CHECK(zones == std::map<std::string, int>{{"1", 3}, {"2", 3}});
}

TEST_CASE("room is made by the fewest jobs of lower priority, never by equals") {
  Made made;
  made.agent("a", {0, 0, 2});
  made.agent("b", {0, 0, 2});
  for (const char* id : {"a1", "a2", "b1", "b2"}) {
    Spec low = spec(id);
    low.priority = id[0] == 'a' ? 10 : 50;
    if (id == std::string("b1")) low.resources.slots = 2;
    if (id == std::string("b2")) continue;
    made.submit(low);
    made.give(id, std::string(1, id[0]));
  }
  Spec urgent = spec("u");
  urgent.priority = 50;
  const auto room = Placement(made.picture).make_room(urgent);
  REQUIRE(room.has_value());
  CHECK(room->agent == "a");
  CHECK(room->jobs == std::vector<std::string>{"a1"});
  urgent.priority = 10;
  CHECK_FALSE(Placement(made.picture).make_room(urgent).has_value());
}

}  // namespace conclave::scheduler
