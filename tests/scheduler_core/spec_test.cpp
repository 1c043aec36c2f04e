#include "conclave/scheduler_core/spec.hpp"
#include "conclave/test/catch.hpp"

namespace conclave::scheduler {
namespace {

std::string refusal(const std::string& json) {
  const auto parsed = parse_submission(json);
  return parsed ? "accepted" : parsed.error().context;
}

}  // namespace

TEST_CASE("a submission is one job or a list of jobs") {
  const auto one = parse_submission(R"({"id": "a", "command": ["true"], "idempotency_key": "k"})");
  REQUIRE(one.has_value());
  CHECK(one->specs.size() == 1);
  CHECK(one->specs[0].id == "a");
  CHECK(one->specs[0].attempts_max == 3);
  CHECK(one->idempotency_key == "k");
  const auto two = parse_submission(
      R"({"jobs": [{"id": "a", "command": ["true"], "count": 3}, {"id": "b", "command": ["true"], "after": ["a"]}]})");
  REQUIRE(two.has_value());
  CHECK(jobs_of(two->specs[0]) == std::vector<std::string>{"a.0", "a.1", "a.2"});
  CHECK(jobs_of(two->specs[1]) == std::vector<std::string>{"b"});
}

TEST_CASE("a spec is read as it was written") {
  const auto parsed = parse_submission(R"({"id": "a", "command": ["sh", "-c", "exit 1"], "env": {"A": "b"}, "directory": "/srv",
    "priority": 7, "resources": {"cpu_milli": 500, "memory_mib": 64, "slots": 2}, "labels": {"disk": "ssd"}, "anti_affinity": "g",
    "spread": "zone", "attempts_max": 2, "backoff_ms": 10, "backoff_max_ms": 20, "timeout_ms": 30, "count": 2, "after": ["z"]})");
  REQUIRE(parsed.has_value());
  const auto read = spec_from_json(to_json(parsed->specs[0]));
  REQUIRE(read.has_value());
  CHECK(*read == parsed->specs[0]);
}

TEST_CASE("a bad submission is refused with what is wrong and where") {
  CHECK(refusal("[") == "the submission: it is no JSON");
  CHECK(refusal("7") == "the submission: it is no object");
  CHECK(refusal("[]") == "jobs: there is none");
  CHECK(refusal(R"({"jobs": []})") == "jobs: there is none");
  CHECK(refusal(R"({"jobs": 3})") == "jobs: it is no list");
  CHECK(refusal(R"({"jobs": [3]})") == "jobs[0]: it is no object");
  CHECK(refusal(R"({"command": ["true"], "colour": 1})") == "colour: there is no such field");
  CHECK(refusal(R"({"jobs": [{"command": ["true"]}, {"command": ["true"], "x": 1}]})") == "jobs[1].x: there is no such field");
  CHECK(refusal(R"({"command": ["true"], "command": ["false"]})") == "command: it is there twice");
  CHECK(refusal(R"({"id": "a"})") == "command: it is missing or empty");
  CHECK(refusal(R"({"command": "true"})") == "command: it is no list");
  CHECK(refusal(R"({"command": ["true", 1]})") == "command[1]: it is no string");
  CHECK(refusal(R"({"command": ["a\u0000b"]})") == "command[0]: it has a NUL byte");
  CHECK(refusal(R"({"command": ["true"], "resources": {"memory_mib": -1}})") == "resources.memory_mib: it is negative");
  CHECK(refusal(R"({"command": ["true"], "resources": {"cpu_milli": 0.5}})") == "resources.cpu_milli: it is no whole number");
  CHECK(refusal(R"({"command": ["true"], "resources": {"disk": 1}})") == "resources.disk: there is no such field");
  CHECK(refusal(R"({"command": ["true"], "resources": 1})") == "resources: it is no object");
  CHECK(refusal(R"({"command": ["true"], "priority": 100})") == "priority: 100 is not between 0 and 99");
  CHECK(refusal(R"({"command": ["true"], "attempts_max": 0})") == "attempts_max: 0 is not between 1 and 100");
  CHECK(refusal(R"({"command": ["true"], "count": 101})") == "count: 101 is not between 0 and 100");
  CHECK(refusal(R"({"command": ["true"], "env": {"A B": "c"}})") ==
        "env: 'A B' is no name of a variable: letters, digits and '_', no digit in front");
  CHECK(refusal(R"({"command": ["true"], "env": {"A": 1}})") == "env.A: it is no string");
  CHECK(refusal(R"({"command": ["true"], "id": "a.b"})") == "id: it has a dot: elements of arrays are named so");
  CHECK(refusal(R"({"command": ["true"], "id": 5})") == "id: it is no string");
}

TEST_CASE("a name cannot lead out of where it belongs") {
  const std::string rule = "it may have letters, digits, '_', '-' and '.' only, no slashes or blanks";
  CHECK(refusal(R"({"command": ["true"], "id": "../etc/passwd"})") == "id: it begins with a dot");
  CHECK(refusal(R"({"command": ["true"], "id": "a/../b"})") == "id: " + rule);
  CHECK(refusal(R"({"command": ["true"], "id": "a b"})") == "id: " + rule);
  CHECK(refusal(R"({"command": ["true"], "after": ["a/b"]})") == "after[0]: " + rule);
  CHECK(refusal(R"({"command": ["true"], "idempotency_key": "a/b"})") == "idempotency_key: " + rule);
  CHECK(refusal(R"({"command": ["true"], "anti_affinity": "a/b"})") == "anti_affinity: " + rule);
  CHECK(refusal(R"({"command": ["true"], "directory": "srv"})") == "directory: it is not absolute");
  CHECK(refusal(R"({"command": ["true"], "directory": "/srv/../etc"})") == "directory: it has a part '..'");
  CHECK(refusal(R"({"command": ["true"], "directory": "/srv/.."})") == "directory: it has a part '..'");
}

TEST_CASE("jobs that wait for each other in a circle are refused, with the circle") {
  CHECK(refusal(R"({"id": "a", "command": ["true"], "after": ["a"]})") ==
        "after: the jobs wait for each other in a circle: a -> a");
  CHECK(refusal(R"({"jobs": [{"id": "a", "command": ["true"], "after": ["b"]}, {"id": "b", "command": ["true"], "after": ["c"]},
    {"id": "c", "command": ["true"], "after": ["b"]}, {"id": "d", "command": ["true"]}]})") ==
        "after: the jobs wait for each other in a circle: b -> c -> b");
  CHECK(refusal(R"({"jobs": [{"id": "a", "command": ["true"]}, {"id": "a", "command": ["true"]}]})") ==
        "jobs[1].id: 'a' is there twice");
}

TEST_CASE("a submission has a size that fits into one transaction") {
  const auto big = parse_submission(R"({"command": [")" + std::string(spec_bytes_max, 'x') + R"("]})");
  REQUIRE_FALSE(big.has_value());
  CHECK(big.error().code == Errc::too_large);
  const auto huge = parse_submission(std::string(submission_bytes_max + 1, ' '));
  REQUIRE_FALSE(huge.has_value());
  CHECK(huge.error().code == Errc::too_large);
  CHECK(huge.error().context == "the submission: it has 1048577 bytes; the limit is 1048576");
  CHECK(refusal(R"({"command": ["true"], "count": 100})") == "accepted");
  CHECK(refusal(R"({"jobs": [{"command": ["true"], "count": 60}, {"command": ["true"], "count": 60}]})") ==
        "jobs: specs and jobs are 122; the limit of one submission is 101");
  CHECK(refusal(std::string(100'000, '[') + std::string(100'000, ']')) == "the submission: it is nested too deeply");
}

TEST_CASE("what is no spec is read as none, whoever wrote it") {
  for (const char* text : {"", "{", "null", "[]", "{}", R"({"id": "a"})", R"({"id": "../x", "command": ["true"]})"})
    CHECK_FALSE(spec_from_json(text).has_value());
}

}  // namespace conclave::scheduler
