#include "conclave/scheduler_api/live.hpp"

#include <nlohmann/json.hpp>

#include "conclave/scheduler_api/answers.hpp"
#include "conclave/scheduler_core/log_tail.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::scheduler;
using namespace conclave::scheduler::api;
using nlohmann::json;

namespace {

const Keys keys("main");

struct Event {
  std::string id, name;
  json data;
};

Event event_of(const std::string& text) {
  Event event;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with("data: ")) event.data = json::parse(line.substr(6));
    at = end + 1;
  }
  return event;
}

/// A store of few keys, whose changes are told to a Live.
class World {
 public:
  explicit World(Feed::Limits limits = {}) : live(keys, limits) { live.apply(Revision(revision_), {}); }

  void put(const std::string& key, const std::string& value) { put_all({{key, value}}); }
  void put_all(const std::vector<std::pair<std::string, std::string>>& rows) {
    ++revision_;
    std::vector<RowChange> changes;
    for (const auto& [key, value] : rows) {
      created_.try_emplace(key, revision_);
      changes.push_back({key, Row{value, Revision(created_[key]), Revision(revision_), {}}});
    }
    live.apply(Revision(revision_), changes);
  }
  void erase(const std::string& key) {
    created_.erase(key);
    const RowChange change{key, {}};
    live.apply(Revision(++revision_), {&change, 1});
  }
  void job(const std::string& name, Phase phase, const std::string& agent = "") {
    Spec spec;
    spec.id = name;
    spec.command = {"true"};
    JobRecord record;
    record.phase = phase;
    record.agent = agent;
    put_all({{keys.spec(name), to_json(spec)}, {keys.job(name), to_json(record)}});
  }
  void assign(const std::string& agent, const std::string& job) { put(keys.assign(agent, job), to_json(AssignRecord{})); }
  [[nodiscard]] Event last() const {
    const auto* const entry = live.feed().after(live.feed().last().prev());
    return entry == nullptr ? Event() : event_of(*entry->text);
  }
  [[nodiscard]] Revision revision() const { return Revision(revision_); }

  Live live;

 private:
  std::uint64_t revision_ = 10;
  std::map<std::string, std::uint64_t> created_;
};

}  // namespace

TEST_CASE("each revision that anybody would see is one event, whose id it is") {
  World world;
  world.job("a", Phase::pending);
  const Event event = world.last();
  CHECK(event.id == "11");
  CHECK(event.name == "change");
  CHECK(event.data["revision"] == 11);
  CHECK(event.data["jobs"]["a"]["phase"] == "pending");
  CHECK(event.data["jobs"]["a"]["command"] == "true");
  CHECK(event.data["jobs"]["a"]["created"] == 11);
  CHECK_FALSE(event.data.contains("agents"));
  world.put(keys.directory() + "leader/7", "x");
  CHECK(world.live.feed().after(Revision(11)) == nullptr);
  CHECK(world.live.feed().reaches_back_to(Revision(12)));
}

TEST_CASE("what is gone is told as null") {
  World world;
  world.job("a", Phase::succeeded);
  world.erase(keys.job("a"));
  CHECK(world.last().data["jobs"]["a"].is_null());
  world.put(keys.freeze(), to_json(FreezeRecord{2, 5, 1}));
  CHECK(world.last().data["freeze"]["gone"] == 2);
  world.erase(keys.freeze());
  CHECK(world.last().data["freeze"].is_null());
  CHECK(world.last().data.contains("freeze"));
}

TEST_CASE("an agent is told anew when its work, its drain or its state changes") {
  World world;
  AgentRecord record;
  record.capacity.slots = 4;
  world.put(keys.agent("a1"), to_json(record));
  CHECK(world.last().data["agents"]["a1"]["state"] == "ready");
  world.job("x", Phase::assigned, "a1");
  world.assign("a1", "x");
  CHECK(world.last().data["agents"]["a1"]["jobs"] == 1);
  CHECK(world.last().data["agents"]["a1"]["used"]["slots"] == 1);
  world.put(keys.drain("a1"), to_json(DrainRecord{5, "disk"}));
  CHECK(world.last().data["agents"]["a1"]["state"] == "draining");
  CHECK(world.last().data["agents"]["a1"]["drain"]["reason"] == "disk");
  world.erase(keys.agent("a1"));
  CHECK(world.last().data["agents"]["a1"]["state"] == "suspect");
  world.put(keys.gone("a1"), to_json(GoneRecord{true, 1}));
  CHECK(world.last().data["agents"]["a1"]["state"] == "lost");
  world.erase(keys.gone("a1"));
  world.erase(keys.assign("a1", "x"));
  CHECK(world.last().data["agents"]["a1"].is_null());
  CHECK_FALSE(world.live.knows_agent("a1"));
}

TEST_CASE("refused reports are told with their agent") {
  World world;
  world.put(keys.agent("a1"), to_json(AgentRecord()));
  world.put(keys.refused("a1"), to_json(RefusedRecord{3, 1}));
  CHECK(world.last().data["agents"]["a1"]["refused"] == 3);
}

TEST_CASE("a picture of the whole comes in pieces that have no id, with all jobs, agents and the freeze") {
  World world;
  for (int i = 0; i < 1203; ++i) world.job("j" + std::to_string(i), Phase::pending);
  world.put(keys.agent("a1"), to_json(AgentRecord()));
  world.put(keys.freeze(), to_json(FreezeRecord{2, 5, 1}));
  CHECK(event_of(world.live.begin_text()).name == "begin");
  std::set<std::string> seen;
  std::optional<std::string> from = "";
  int pieces = 0;
  json last;
  while (from) {
    const Live::Piece piece = world.live.piece_from(*from);
    const Event event = event_of(piece.text);
    CHECK(event.id.empty());
    for (const auto& [name, job] : event.data["jobs"].items()) CHECK(seen.insert(name).second);
    last = event.data;
    from = piece.next;
    ++pieces;
  }
  CHECK(pieces == 3);
  CHECK(seen.size() == 1203);
  CHECK(last["agents"].contains("a1"));
  CHECK(last["freeze"]["agents"] == 5);
  CHECK(event_of(Live::ready_text(Revision(9))).id == "9");
}

TEST_CASE("who saw a revision that is kept goes on from there, and nobody else") {
  Feed feed;
  CHECK_FALSE(feed.reaches_back_to(Revision(0)));
  feed.begin(Revision(10));
  feed.add(Revision(12), "a");
  feed.add(Revision(15), "b");
  CHECK_FALSE(feed.reaches_back_to(Revision(9)));
  CHECK(feed.reaches_back_to(Revision(10)));
  CHECK(feed.reaches_back_to(Revision(13)));
  CHECK_FALSE(feed.reaches_back_to(Revision(16)));
  CHECK(*feed.after(Revision(10))->text == "a");
  CHECK(*feed.after(Revision(11))->text == "a");
  CHECK(*feed.after(Revision(12))->text == "b");
  CHECK(feed.after(Revision(15)) == nullptr);
}

TEST_CASE("what is kept is bounded in number and bytes") {
  Feed feed({3, 100});
  feed.begin(Revision(1));
  for (std::uint64_t i = 2; i <= 10; ++i) feed.add(Revision(i), "x");
  CHECK_FALSE(feed.reaches_back_to(Revision(6)));
  CHECK(feed.reaches_back_to(Revision(7)));
  feed.add(Revision(11), std::string(99, 'x'));
  CHECK(feed.bytes() == 100);
  feed.add(Revision(12), std::string(1000, 'x'));
  CHECK(feed.bytes() == 0);
  CHECK(feed.reaches_back_to(Revision(12)));
  CHECK_FALSE(feed.reaches_back_to(Revision(11)));
}

TEST_CASE("very much at once is told as a picture of the whole") {
  World world;
  world.job("a", Phase::pending);
  std::vector<std::pair<std::string, std::string>> rows;
  for (int i = 0; i < 6000; ++i) rows.emplace_back(keys.job("j" + std::to_string(i)), to_json(JobRecord()));
  world.put_all(rows);
  CHECK_FALSE(world.live.feed().reaches_back_to(Revision(11)));
  CHECK(world.live.feed().reaches_back_to(world.revision()));
}

TEST_CASE("pages of a list have every job once") {
  World world;
  for (int i = 0; i < 25; ++i) world.job("j" + std::to_string(i), i % 2 == 0 ? Phase::pending : Phase::dead);
  for (const bool newest : {false, true}) {
    ListQuery query;
    query.limit = 4;
    query.newest_first = newest;
    query.phases = {Phase::pending};
    std::vector<std::string> seen;
    while (true) {
      const json page = json::parse(list_json(world.live.picture(), world.live.revision(), query));
      CHECK(page["total"] == 13);
      for (const json& job : page["jobs"]) seen.push_back(job["job"]);
      if (!page.contains("next")) break;
      query.after = place_of(page["next"].get<std::string>());
      REQUIRE(query.after);
    }
    CHECK(seen.size() == 13);
    CHECK(seen.front() == (newest ? "j24" : "j0"));
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 13);
  }
}

TEST_CASE("a long command is shown cut, and never within a character") {
  Spec spec;
  spec.id = "x";
  spec.command = {"echo", std::string(194, 'x') + "äääää"};
  const json job = json::parse(job_json("x", Job(), &spec));
  const auto shown = job["command"].get<std::string>();
  CHECK(shown.size() <= 203);
  CHECK(shown.ends_with("…"));
  CHECK(shown.find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("of a log comes what is new, and what was left out is said") {
  LogTail tail;
  RunRecord run;
  run.output = "one\n";
  run.output_bytes = 4;
  CHECK(tail.take(1, run) == "one\n");
  CHECK(tail.take(1, run).empty());
  run.output = "one\ntwo\n";
  run.output_bytes = 8;
  CHECK(tail.take(1, run) == "two\n");
  run.output = "end\n";
  run.output_bytes = 100;
  CHECK(tail.take(1, run) == "[... 88 bytes left out ...]\nend\n");
  run.output = "again\n";
  run.output_bytes = 6;
  CHECK(tail.take(2, run) == "again\n");
}
