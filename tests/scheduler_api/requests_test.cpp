#include "conclave/scheduler_api/requests.hpp"

#include "conclave/scheduler_api/doors.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::scheduler;
using namespace conclave::scheduler::api;

namespace {

http::RequestHead head_of(std::initializer_list<http::Field> fields, std::initializer_list<http::Field> parameters = {}) {
  http::RequestHead head;
  head.fields = http::Fields(fields);
  for (const http::Field& each : parameters) head.parameters.add(each.name, each.value);
  return head;
}

template <class T>
std::string refusal(const Parsed<T>& parsed) {
  const auto* const trouble = std::get_if<Trouble>(&parsed);
  return trouble == nullptr ? "" : std::to_string(trouble->status) + " " + trouble->where + ": " + trouble->what;
}

std::string list_refusal(std::initializer_list<http::Field> parameters) { return refusal(list_query_of(head_of({}, parameters))); }

bool is_let_in(std::initializer_list<http::Field> fields, const Doors& doors = {}) {
  return !refuse_stranger(head_of(fields), doors);
}

}  // namespace

TEST_CASE("an error says what is wrong and where, and whether it may have happened") {
  const Trouble named = trouble_of(Error{Errc::invalid_argument, "jobs[1].resources.slots: it is negative"});
  CHECK(named == Trouble{400, "invalid", "jobs[1].resources.slots", "it is negative", false});
  CHECK(to_json(named) ==
        "{\"error\":\"jobs[1].resources.slots: it is negative\",\"kind\":\"invalid\",\"where\":\"jobs[1].resources.slots\","
        "\"what\":\"it is negative\"}\n");
  CHECK(trouble_of(Error{Errc::key_not_found, "there is no job 'x'"}).status == 404);
  CHECK(trouble_of(Error{Errc::already_exists, "id: there is a job 'x'"}).status == 409);
  CHECK(trouble_of(Error{Errc::already_exists, "a.1 is running: cancel it first"}).where.empty());
  CHECK(trouble_of(Error{Errc::malformed, "the submission: it is no JSON"}).where == "the submission");
  CHECK(trouble_of(Error{Errc::too_large, "x"}).status == 413);
  CHECK(trouble_of(Error{Errc::not_sent, ""}).status == 503);
  CHECK_FALSE(trouble_of(Error{Errc::not_sent, ""}).is_unknown);
  CHECK(to_json(trouble_of(Error{Errc::timeout, ""})).find("\"outcome\":\"unknown\"") != std::string::npos);
}

TEST_CASE("programs and the own page are let in, pages of others are not") {
  CHECK(is_let_in({}));
  CHECK(is_let_in({{"Host", "10.0.0.7:7480"}}));
  CHECK(is_let_in({{"Host", "[::1]:7480"}, {"Origin", "http://[::1]:7480"}}));
  CHECK(is_let_in({{"Host", "LocalHost:7480"}, {"Origin", "http://localhost:7480"}, {"Sec-Fetch-Site", "same-origin"}}));
  CHECK(is_let_in({{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}}));
  CHECK_FALSE(is_let_in({{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}}));
  CHECK_FALSE(is_let_in({{"Host", "localhost"}, {"Sec-Fetch-Site", "same-site"}}));
  CHECK_FALSE(is_let_in({{"Host", "localhost:7480"}, {"Origin", "http://localhost:80"}}));
  CHECK_FALSE(is_let_in({{"Host", "localhost"}, {"Origin", "null"}}));
  CHECK_FALSE(is_let_in({{"Host", "localhost"}, {"Origin", "localhost"}}));
  const Doors doors{{"jobs.example.org"}, {"https://wiki.example.org"}};
  CHECK(is_let_in({{"Host", "localhost"}, {"Origin", "https://wiki.example.org"}, {"Sec-Fetch-Site", "cross-site"}}, doors));
  CHECK_FALSE(is_let_in({{"Host", "localhost"}, {"Origin", "http://wiki.example.org"}, {"Sec-Fetch-Site", "cross-site"}}, doors));
}

TEST_CASE("a name that somebody made to lead here is no name of the interface") {
  CHECK_FALSE(is_let_in({{"Host", "evil.example:7480"}, {"Origin", "http://evil.example:7480"}}));
  CHECK_FALSE(is_let_in({{"Host", "evil.1"}}));
  CHECK_FALSE(is_let_in({{"Host", "127.0.0.1.evil"}}));
  CHECK_FALSE(is_let_in({{"Host", "[::1"}}));
  CHECK(is_let_in({{"Host", "jobs.example.org:80"}}, {{"jobs.example.org"}, {}}));
  CHECK_FALSE(is_let_in({{"Host", "jobs.example.org.evil"}}, {{"jobs.example.org"}, {}}));
  CHECK(is_let_in({{"Host", "anything"}}, {{"*"}, {}}));
}

TEST_CASE("a body is JSON by its own word") {
  CHECK_FALSE(check_content_type(head_of({}), ""));
  CHECK_FALSE(check_content_type(head_of({{"Content-Type", "application/json"}}), "{}"));
  CHECK_FALSE(check_content_type(head_of({{"Content-Type", "Application/JSON ; charset=utf-8"}}), "{}"));
  for (const char* const type : {"text/plain", "application/jsonx", "application/x-www-form-urlencoded", ""})
    CHECK(check_content_type(head_of({{"Content-Type", type}}), "{}")->status == 415);
  CHECK(check_content_type(head_of({}), "{}")->status == 415);
}

TEST_CASE("the idempotency key may stand in the header, and is the same word there") {
  const std::string job = R"({"command": ["true"]})";
  const auto with = [&](const char* key, const std::string& body) {
    return submission_of(head_of({{"Idempotency-Key", key}}), body);
  };
  for (const char* const key : {"k1", "\"k1\""}) {
    const auto parsed = with(key, job);
    REQUIRE(std::holds_alternative<Submission>(parsed));
    CHECK(std::get<Submission>(parsed).idempotency_key == "k1");
    CHECK(std::get<Submission>(parsed).specs[0].idempotency_key == "k1");
  }
  CHECK(refusal(with("k1", R"({"command": ["true"], "idempotency_key": "k2"})")) ==
        "400 Idempotency-Key: the body has another one");
  CHECK(refusal(with("", job)) == "400 Idempotency-Key: it is empty");
  CHECK(refusal(with("\"", job)).starts_with("400 Idempotency-Key: it may have"));
  CHECK(refusal(submission_of(head_of({}), "[1]")) == "400 jobs[0]: it is no object");
}

TEST_CASE("a list's query is checked, each part by its name") {
  const auto parsed = list_query_of(
      head_of({}, {{"phase", "pending,dead"}, {"agent", "a1"}, {"job", "sweep"}, {"order", "newest"}, {"limit", "7"}}));
  REQUIRE(std::holds_alternative<ListQuery>(parsed));
  const auto& query = std::get<ListQuery>(parsed);
  CHECK(query.phases == std::vector<Phase>{Phase::pending, Phase::dead});
  CHECK(query.agent == "a1");
  CHECK(query.spec == "sweep");
  CHECK(query.newest_first);
  CHECK(query.limit == 7);
  CHECK(list_refusal({{"phase", "pending,"}}) == "400 phase: there is no phase ''");
  CHECK(list_refusal({{"limit", "1001"}}) == "400 limit: '1001' is not between 1 and 1000");
  CHECK(list_refusal({{"limit", "18446744073709551616"}}).starts_with("400 limit"));
  CHECK(list_refusal({{"agent", "../x"}}).starts_with("400 agent: it begins with a dot"));
  CHECK(list_refusal({{"colour", "red"}}) == "400 colour: there is no such parameter of the query");
  CHECK(list_refusal({{"limit", "1"}, {"limit", "2"}}) == "400 limit: it is there twice");
  CHECK(list_refusal({{"order", ""}}).starts_with("400 order"));
}

TEST_CASE("the end of a page is a place, and back") {
  const Place place{Revision(17), "sweep-1.10"};
  CHECK(page_of(place) == "17-sweep-1.10");
  CHECK(place_of(page_of(place)) == place);
  for (const char* const page : {"", "17", "17-", "-x", "x-y", "17-a/b", "17-.x", "99999999999999999999-x"})
    CHECK_FALSE(place_of(page));
}

TEST_CASE("jobs go in the order of their submission, and elements by their number") {
  CHECK(is_before({Revision(1), "z"}, {Revision(2), "a"}));
  CHECK(is_before({Revision(1), "a.2"}, {Revision(1), "a.10"}));
  CHECK_FALSE(is_before({Revision(1), "a.10"}, {Revision(1), "a.2"}));
  CHECK(is_before({Revision(1), "a.10"}, {Revision(1), "b.1"}));
  CHECK_FALSE(is_before({Revision(1), "a"}, {Revision(1), "a"}));
}

TEST_CASE("a drain has a time and a reason, and nothing else") {
  CHECK(std::get<DrainRecord>(drain_of("")) == DrainRecord{600'000, ""});
  CHECK(std::get<DrainRecord>(drain_of(R"({"within_ms": 5, "reason": "x"})")) == DrainRecord{5, "x"});
  CHECK(refusal(drain_of(R"({"within_ms": -5})")) == "400 within_ms: it is negative");
  CHECK(refusal(drain_of(R"({"within_ms": 1.5})")) == "400 within_ms: it is no whole number");
  CHECK(refusal(drain_of(R"({"within_ms": 604800001})")).starts_with("400 within_ms: it is more than"));
  CHECK(refusal(drain_of(R"({"reason": 1})")) == "400 reason: it is no string");
  CHECK(refusal(drain_of(R"({"x": 1})")) == "400 x: there is no such field");
  CHECK(refusal(drain_of("[]")) == "400 the body: it is no object");
  CHECK(refusal(drain_of(std::string(100'000, '['))) == "400 the body: it is nested too deeply");
  CHECK(refusal(drain_of("{")) == "400 the body: it is no JSON");
  CHECK_FALSE(check_empty(""));
  CHECK_FALSE(check_empty("{}"));
  CHECK(check_empty(R"({"x": 1})"));
}

TEST_CASE("logs are followed, or of one epoch") {
  CHECK(std::get<LogQuery>(log_query_of(head_of({}, {{"follow", "true"}}))).follow);
  CHECK(std::get<LogQuery>(log_query_of(head_of({}, {{"epoch", "3"}}))).epoch == 3);
  CHECK(refusal(log_query_of(head_of({}, {{"follow", "1"}}))).starts_with("400 follow"));
  CHECK(refusal(log_query_of(head_of({}, {{"epoch", "0"}}))).starts_with("400 epoch"));
  CHECK(refusal(log_query_of(head_of({}, {{"epoch", "1"}, {"follow", "true"}}))).starts_with("400 epoch"));
}
