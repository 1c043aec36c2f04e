#include "conclave/gateway_core/queue_json.hpp"
#include "conclave/gateway_core/v2_stats.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::gateway;

namespace {

const Head head{ClusterId(1), MemberId(2), Term(3), Revision(9)};
const std::string head_json = R"("header":{"cluster_id":"1","member_id":"2","revision":"9","raft_term":"3"})";

v2::Request request(v2::Method method, std::optional<bool> prev_exist, std::uint64_t prev_index) {
  v2::Request made;
  made.method = method;
  made.prev_exist = prev_exist;
  made.prev_index = prev_index;
  return made;
}

}  // namespace

TEST_CASE("a place in a queue is a key below the name, called after its lease in hexadecimal") {
  CHECK(queue_prefix("door") == "door/");
  CHECK(queue_key("door", LeaseId(0x1ffe)) == "door/1ffe");
  CHECK(queue_key("", LeaseId()) == "/0");
}

TEST_CASE("a request for a place names queue, lease and value") {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(R"({"name":"ZG9vcg==","lease":"255","value":"YQ=="})", {}, problem);
  const QueueAsk ask = parse_queue_ask(document.root(problem));
  CHECK_FALSE(problem.has_value());
  CHECK(ask.name == "door");
  CHECK(ask.lease == LeaseId(255));
  CHECK(ask.value == "a");
}

TEST_CASE("a leadership that a request names is read whole, and one that is not named is missed") {
  Problem problem;
  const JsonDocument document =
      JsonDocument::parse(R"({"leader":{"name":"Yg==","key":"Yi8x","rev":"7","lease":"1"},"value":"YQ=="})", {}, problem);
  const LeaderKey leader = parse_leader_key(document.root(problem));
  CHECK_FALSE(problem.has_value());
  CHECK(leader.name == "b");
  CHECK(leader.key == "b/1");
  CHECK(leader.revision == Revision(7));
  CHECK(leader.lease == LeaseId(1));
  const JsonDocument none = JsonDocument::parse("{}", {}, problem);
  static_cast<void>(parse_leader_key(none.root(problem)));
  REQUIRE(problem.has_value());
  CHECK(problem->code == Code::invalid_argument);
}

TEST_CASE("answers of locks and elections carry what etcd's carry") {
  CHECK(lock_answer(head, "door/1") == "{" + head_json + R"(,"key":"ZG9vci8x"})" + "\n");
  CHECK(campaign_answer(head, {"b", "b/1", Revision(7), LeaseId(1)}) ==
        "{" + head_json + R"(,"leader":{"name":"Yg==","key":"Yi8x","rev":"7","lease":"1"}})" + "\n");
  const KeyValueFields kv{"b/1", "a", {Revision(7), Revision(8), 2, LeaseId(1)}};
  const std::string kv_json =
      R"("kv":{"key":"Yi8x","create_revision":"7","mod_revision":"8","version":"2","value":"YQ==","lease":"1"})";
  CHECK(leader_answer(head, kv) == "{" + head_json + "," + kv_json + "}\n");
  CHECK(observe_line(head, kv) == "{\"result\":{" + head_json + "," + kv_json + "}}\n");
}

TEST_CASE("what a request of the keys API asks for follows from its method and conditions") {
  using v2::Action;
  using v2::Method;
  CHECK(v2::operation_of(request(Method::get, {}, 0)) == Action::get);
  CHECK(v2::operation_of(request(Method::head, {}, 0)) == Action::get);
  CHECK(v2::operation_of(request(Method::post, {}, 0)) == Action::create);
  CHECK(v2::operation_of(request(Method::put, {}, 0)) == Action::set);
  CHECK(v2::operation_of(request(Method::put, {}, 5)) == Action::compare_and_swap);
  CHECK(v2::operation_of(request(Method::put, true, 0)) == Action::update);
  CHECK(v2::operation_of(request(Method::put, true, 5)) == Action::compare_and_swap);
  CHECK(v2::operation_of(request(Method::put, false, 5)) == Action::create);
  CHECK(v2::operation_of(request(Method::erase, {}, 0)) == Action::erase);
  CHECK(v2::operation_of(request(Method::erase, {}, 5)) == Action::compare_and_delete);
}

TEST_CASE("the store's statistics count each kind of request by its outcome") {
  v2::StoreStats stats;
  stats.count(v2::Action::set, true);
  stats.count(v2::Action::set, true);
  stats.count(v2::Action::compare_and_swap, false);
  stats.count(v2::Action::expire, true);
  CHECK(stats.json(3) ==
        R"({"getsSuccess":0,"getsFail":0,"setsSuccess":2,"setsFail":0,"deleteSuccess":0,"deleteFail":0,"updateSuccess":0,)"
        R"("updateFail":0,"createSuccess":0,"createFail":0,"compareAndSwapSuccess":0,"compareAndSwapFail":1,)"
        R"("compareAndDeleteSuccess":0,"compareAndDeleteFail":0,"expireCount":1,"watchers":3})"
        "\n");
}

TEST_CASE("a member says since when it runs and since when it knows its leader") {
  engine::StatusReply status;
  status.name = "n1";
  status.member = MemberId(0xab);
  status.leader = MemberId(0xcd);
  status.role = 1;
  CHECK(v2::self_json(status, {7'384'000, 1'500, 60'000}) ==
        R"({"name":"n1","id":"ab","state":"StateFollower","startTime":"1970-01-01T00:00:01.5Z","leaderInfo":{"leader":"cd",)"
        R"("uptime":"2h2m4s","startTime":"1970-01-01T00:01:00Z"}})"
        "\n");
}
