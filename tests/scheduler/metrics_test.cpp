#include <fstream>
#include <sstream>

#include "conclave/test/catch.hpp"
#include "park.hpp"

namespace conclave::test {

namespace {

/// What the process that wrote this log serves at /metrics.
std::string metrics_of(const std::filesystem::path& log) {
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  const std::string said = std::move(text).str();
  const auto at = said.rfind("http://");
  const std::string url = at == std::string::npos ? "" : said.substr(at, said.find('\n', at) - at);
  return run({"/usr/bin/env", "python3", "-c",
              "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())", url})
      .out;
}

bool has(const std::string& page, const std::string& sample) { return page.find("\n" + sample + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("agents and schedulers count what they do for Prometheus") {
  ParkOptions options;
  options.members = 1;
  options.agents = 1;
  options.agent_flags = options.scheduler_flags = {"--metrics", "127.0.0.1:0"};
  Park park(options);
  park.submit("good", "true", {"--array", "3"});
  park.submit("bad", "false", {"--attempts", "2", "--backoff-ms", "10"});
  REQUIRE(park.await_phase("bad", "dead"));
  REQUIRE(park.await_phase("good.2", "succeeded"));
  const std::string agent = metrics_of(park.directory() / "a0.log");
  INFO(agent);
  CHECK(has(agent, "conclave_scheduler_agent_accepted_total 5"));
  CHECK(has(agent, "conclave_scheduler_agent_runs_ended_total{as=\"succeeded\"} 3"));
  CHECK(has(agent, "conclave_scheduler_agent_runs_ended_total{as=\"failed\"} 2"));
  CHECK(has(agent, "conclave_scheduler_agent_refused_total 0"));
  CHECK(has(agent, "conclave_scheduler_agent_fenced_total 0"));
  CHECK(has(agent, "conclave_scheduler_agent_registered 1"));
  const std::string leader = metrics_of(park.directory() / "scheduler0.log");
  INFO(leader);
  CHECK(has(leader, "conclave_scheduler_leader_leads 1"));
  CHECK(has(leader, "conclave_scheduler_leader_assigned_total 5"));
  CHECK(has(leader, "conclave_scheduler_leader_assign_seconds_count 5"));
  CHECK(has(leader, "conclave_scheduler_leader_dead_total 1"));
  CHECK(has(leader, "conclave_scheduler_leader_queue_length 0"));
  CHECK(has(leader, "conclave_scheduler_leader_frozen 0"));
  const Ran wrong = park.verb({"scheduler", "--metrics", "nowhere"});
  CHECK(wrong.code == 2);
  CHECK(wrong.err.find("--metrics nowhere: it is no HOST:PORT") != std::string::npos);
}

}  // namespace conclave::test
