#include "conclave/gateway_core/cluster_json.hpp"
#include "conclave/gateway_core/lease_json.hpp"
#include "conclave/gateway_core/watch_json.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::gateway;

namespace {

const Head head{ClusterId(1), MemberId(2), Term(3), Revision(9)};
const std::string head_json = R"("header":{"cluster_id":"1","member_id":"2","revision":"9","raft_term":"3"})";

template <class Parse>
auto parsed(ByteView text, Parse parse) {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(text, {}, problem);
  auto request = parse(document.root(problem));
  REQUIRE_FALSE(problem.has_value());
  return request;
}

template <class Parse>
std::string refusal(ByteView text, Parse parse) {
  Problem problem;
  const JsonDocument document = JsonDocument::parse(text, {}, problem);
  (void)parse(document.root(problem));
  REQUIRE(problem.has_value());
  return std::to_string(static_cast<int>(problem->code)) + " " + problem->text;
}

}  // namespace

TEST_CASE("a watch reads every field") {
  const auto ask = parsed(R"({"create_request":{"key":"YQ==","range_end":"Yg==","start_revision":"5","progress_notify":true,
                              "filters":["NOPUT",1],"prev_kv":true,"watch_id":7,"fragment":true}})",
                          parse_watch);
  const auto& create = std::get<WatchCreateAsk>(ask);
  CHECK(create.spec.kind == mvcc::KeySelector::Kind::range);
  CHECK(create.spec.no_put);
  CHECK(create.spec.no_delete);
  CHECK(create.spec.want_previous);
  CHECK(create.from == Revision(5));
  CHECK(create.id == 7);
  CHECK(create.progress_notify);
  CHECK(create.fragment);
  CHECK_FALSE(create.empty_range);
}

TEST_CASE("a watch without a key begins at the first key, and one without keys in its range is told apart") {
  CHECK(std::get<WatchCreateAsk>(parsed(R"({"create_request":{}})", parse_watch)).spec.begin == std::string(1, '\0'));
  CHECK(std::get<WatchCreateAsk>(parsed(R"({"create_request":{"key":"Yg==","range_end":"YQ=="}})", parse_watch)).empty_range);
  CHECK(std::get<WatchCreateAsk>(parsed(R"({"create_request":{"filters":[]}})", parse_watch)).id == std::nullopt);
}

TEST_CASE("the other requests of a watch stream are told apart") {
  CHECK(std::get<WatchCancelAsk>(parsed(R"({"cancelRequest":{"watch_id":"3"}})", parse_watch)).id == 3);
  CHECK(std::holds_alternative<WatchProgressAsk>(parsed(R"({"progress_request":{}})", parse_watch)));
  CHECK(std::holds_alternative<std::monostate>(parsed(R"({"unknown":{}})", parse_watch)));
  CHECK(refusal(R"({"create_request":[]})", parse_watch) == "3 invalid value for field create_request: an object is wanted");
  CHECK(refusal(R"({"create_request":{"filters":["NO"]}})", parse_watch) ==
        "3 invalid value for field create_request.filters[0]: one of NOPUT NODELETE is wanted");
}

TEST_CASE("lines of a watch stream") {
  CHECK(watch_line(head, {.created = true}) == "{\"result\":{" + head_json + R"(,"created":true}})" + "\n");
  CHECK(watch_line(head, {.id = 4, .canceled = true, .compacted = Revision(6), .reason = "gone"}) ==
        "{\"result\":{" + head_json + R"(,"watch_id":"4","canceled":true,"compact_revision":"6","cancel_reason":"gone"}})" + "\n");
  WatchEventsLine line(head, 4, true);
  std::string events;
  append_event(events, {false, {"a", "x", {Revision(9), Revision(9), 1, LeaseId(5)}}, std::nullopt});
  append_event(events, {true,
                        {"b", "", {Revision(), Revision(9), 0, LeaseId()}},
                        KeyValueFields{"b", "y", {Revision(3), Revision(4), 2, LeaseId()}}});
  line.add(events);
  CHECK(
      line.finish() ==
      "{\"result\":{" + head_json +
          R"(,"watch_id":"4","fragment":true,"events":[{"kv":{"key":"YQ==","create_revision":"9","mod_revision":"9","version":"1","value":"eA==","lease":"5"}},)" +
          R"({"type":"DELETE","kv":{"key":"Yg==","mod_revision":"9"},"prev_kv":{"key":"Yg==","create_revision":"3","mod_revision":"4","version":"2","value":"eQ=="}}]}})" +
          "\n");
}

TEST_CASE("a TTL below the least is raised, one above the greatest refused in etcd's words") {
  CHECK(parsed(R"({"TTL":"1","ID":"7"})", parse_lease_grant).ttl == seconds(2));
  CHECK(parsed(R"({"TTL":30})", parse_lease_grant).ttl == seconds(30));
  CHECK(refusal(R"({"TTL":"86401"})", parse_lease_grant) == "11 etcdserver: too large lease TTL");
  CHECK(refusal(R"({"TTL":"9","ID":"-4"})", parse_lease_grant).starts_with("3 invalid value for field ID"));
}

TEST_CASE("answers about leases") {
  CHECK(lease_grant_answer(head, {LeaseId(7), seconds(30)}) == "{" + head_json + R"(,"ID":"7","TTL":"30"})" + "\n");
  CHECK(keep_alive_line(head, LeaseId(7), seconds(30)) == "{\"result\":{" + head_json + R"(,"ID":"7","TTL":"30"}})" + "\n");
  CHECK(keep_alive_line(head, LeaseId(7), {}) == "{\"result\":{" + head_json + R"(,"ID":"7"}})" + "\n");
  CHECK(time_to_live_answer(head, LeaseId(7), nullptr) == "{" + head_json + R"(,"ID":"7","TTL":"-1"})" + "\n");
  mvcc::LeaseInfo info;
  info.granted = seconds(30);
  info.remaining = milliseconds(12'900);
  info.keys = {"a", "b"};
  CHECK(time_to_live_answer(head, LeaseId(7), &info) ==
        "{" + head_json + R"(,"ID":"7","TTL":"12","grantedTTL":"30","keys":["YQ==","Yg=="]})" + "\n");
  CHECK(leases_answer(head, {}) == "{" + head_json + "}\n");
  CHECK(leases_answer(head, {LeaseId(1), LeaseId(2)}) == "{" + head_json + R"(,"leases":[{"ID":"1"},{"ID":"2"}]})" + "\n");
}

TEST_CASE("a member list has URLs that HTTP clients can use") {
  raft::Membership membership;
  membership.voters = {MemberId(1)};
  membership.learners = {MemberId(2)};
  membership.members = {{MemberId(1), Incarnation(1), "n1", "h1:1", "h1:2", "h1:3"},
                        {MemberId(2), Incarnation(1), "n2", "h2:1", "h2:2"}};
  CHECK(member_list_answer(head, membership, {.peer_tls = true, .client_tls = false}) ==
        "{" + head_json + R"(,"members":[{"ID":"1","name":"n1","peerURLs":["https://h1:1"],"clientURLs":["http://h1:3"]},)" +
            R"({"ID":"2","name":"n2","peerURLs":["https://h2:1"],"isLearner":true}]})" + "\n");
}

TEST_CASE("a lack of room is an alarm that clients of etcd know") {
  engine::StatusReply status;
  status.member = MemberId(2);
  CHECK(alarm_answer(head, status) == "{" + head_json + "}\n");
  status.alarms = {"disk-stalled"};
  CHECK(alarm_answer(head, status) == "{" + head_json + "}\n");
  status.alarms = {"disk-low", "quota"};
  CHECK(alarm_answer(head, status) == "{" + head_json + R"(,"alarms":[{"memberID":"2","alarm":"NOSPACE"}]})" + "\n");
}

TEST_CASE("error bodies carry what clients of every version read") {
  CHECK(error_body({Code::not_found, "etcdserver: requested lease not found"}) ==
        R"({"error":"etcdserver: requested lease not found","message":"etcdserver: requested lease not found","code":5})"
        "\n");
  CHECK(stream_error_line({Code::unavailable, "a \"b\""}) ==
        R"({"error":{"grpc_code":14,"http_code":503,"message":"a \"b\"","http_status":"Service Unavailable","code":14}})"
        "\n");
  CHECK(http_status(api_error(Errc::compacted, "").code) == 400);
  CHECK(http_status(api_error(Errc::overloaded, "").code) == 429);
  CHECK(http_status(api_error(Errc::unsupported, "x").code) == 501);
}
