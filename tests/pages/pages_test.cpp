#include <fstream>
#include <map>

#include "../http/raw_http.hpp"
#include "cluster.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

/// Health and metrics of real members.
namespace {

/// Another loopback address than that of the members' other ports, which were found free and may not be used yet.
constexpr const char* http_host = "127.0.0.9";
const std::string http_address = std::string(http_host) + ":0";

/// The port that a member chose for HTTP, from the line that says it is ready.
std::uint16_t http_port(const Cluster& cluster, std::size_t member) {
  const std::string log = cluster.log_of(member);
  const auto ready = log.rfind("conclaved ready:");
  REQUIRE(ready != std::string::npos);
  const auto at = log.find(" http 127.0.0.9:", ready);
  REQUIRE(at != std::string::npos);
  return static_cast<std::uint16_t>(std::stoul(log.substr(at + 16)));
}

HttpReply get(const Cluster& cluster, std::size_t member, const std::string& target) {
  RawHttp client(http_port(cluster, member), http_host);
  return client.ask(http_request("GET", target));
}

using Samples = std::map<std::string, double>;

Samples samples_of(const std::string& page) {
  Samples samples;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.rfind(' ');
    if (!line.starts_with('#')) samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return samples;
}

Samples metrics(const Cluster& cluster, std::size_t member) {
  const HttpReply reply = get(cluster, member, "/metrics");
  REQUIRE(reply.status == 200);
  return samples_of(reply.body);
}

}  // namespace

TEST_CASE("members that have a leader are alive, ready and healthy") {
  Cluster cluster(3, {"--listen-http", http_address});
  cluster.await_leader();
  for (std::size_t member = 0; member < 3; ++member) {
    REQUIRE(await(10s, [&] { return get(cluster, member, "/readyz").status == 200; }));
    CHECK(get(cluster, member, "/livez").body == "ok\n");
    CHECK(get(cluster, member, "/readyz?verbose").body ==
          "[+]data_corruption ok\n[+]serializable_read ok\n[+]leader ok\n[+]non_learner ok\n[+]disk ok\n[+]linearizable_read "
          "ok\nok\n");
    CHECK(get(cluster, member, "/readyz/leader?verbose").body == "[+]leader ok\nok\n");
    CHECK(get(cluster, member, "/readyz/nothing").status == 404);
    CHECK(get(cluster, member, "/livez?verbose&exclude=data_corruption").body == "[+]serializable_read ok\nok\n");
    CHECK(get(cluster, member, "/health").body == R"({"health":"true","reason":""})");
  }
  RawHttp client(http_port(cluster, 0), http_host);
  const HttpReply wrong = client.ask(http_request("POST", "/livez", "{}"));
  CHECK(wrong.status == 405);
  CHECK(wrong.header("Allow") == "GET, HEAD");
}

TEST_CASE("a member without a majority is alive and says why it is not ready") {
  Cluster cluster(3, {"--listen-http", http_address});
  const std::size_t leader = cluster.await_leader();
  REQUIRE(await(10s, [&] { return get(cluster, leader, "/readyz").status == 200; }));
  for (std::size_t member = 0; member < 3; ++member) {
    if (member != leader) cluster.kill(member);
  }
  REQUIRE(await(20s, [&] { return get(cluster, leader, "/health").body == R"({"health":"false","reason":"RAFT NO LEADER"})"; }));
  CHECK(get(cluster, leader, "/livez").status == 200);
  const HttpReply ready = get(cluster, leader, "/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("[-]leader failed: no leader is known\n") != std::string::npos);
  CHECK(ready.body.find("[-]linearizable_read failed: ") != std::string::npos);
  CHECK(ready.body.ends_with("readyz check failed\n"));
  CHECK(get(cluster, leader, "/readyz?exclude=leader&exclude=linearizable_read").status == 200);
  CHECK(get(cluster, leader, "/health?serializable=true").status == 200);
  const Samples page = metrics(cluster, leader);
  CHECK(page.at("conclave_raft_has_leader") == 0);
  CHECK(page.at("conclave_raft_is_leader") == 0);
}

TEST_CASE("metrics tell what a member did") {
  Cluster cluster(3, {"--listen-http", http_address});
  const std::size_t leader = cluster.await_leader();
  auto client = cluster.client();
  for (int i = 0; i < 50; ++i) REQUIRE(client.put("key/" + std::to_string(i), "value"));
  for (int i = 0; i < 20; ++i) REQUIRE(client.get("key/" + std::to_string(i)));
  const auto lease = client.lease_grant(60s);
  REQUIRE(lease);
  double leaders = 0;
  Samples total;
  for (std::size_t member = 0; member < 3; ++member) {
    const Samples page = metrics(cluster, member);
    leaders += page.at("conclave_raft_is_leader");
    for (const auto& [name, value] : page) total[name] += value;
    CHECK(page.at("conclave_raft_term") >= 1);
    CHECK(page.at("process_resident_memory_bytes") > 1e6);
  }
  CHECK(leaders == 1);
  CHECK(total.at("conclave_requests_total{kind=\"write\",outcome=\"ok\"}") >= 50);
  CHECK(total.at("conclave_requests_total{kind=\"read\",outcome=\"ok\"}") >= 20);
  CHECK(total.at("conclave_request_seconds_count{kind=\"write\"}") ==
        total.at("conclave_request_seconds_bucket{kind=\"write\",le=\"+Inf\"}"));
  CHECK(total.at("conclave_request_seconds_sum{kind=\"write\"}") > 0);
  const Samples leading = metrics(cluster, leader);
  CHECK(leading.at("conclave_keys") == 50);
  CHECK(leading.at("conclave_sessions") >= 1);
  CHECK(leading.at("conclave_leases") >= 1);
  CHECK(leading.at("conclave_raft_proposals_total") > 0);
  CHECK(leading.at("conclave_log_write_seconds_count") > 0);
  CHECK(leading.at("conclave_commit_seconds_count") > 0);
  CHECK(total.at("conclave_client_connections") >= 1);
  CHECK(leading.at("conclave_refused_total{reason=\"wrong_cluster\"}") == 0);
}

TEST_CASE("promtool finds nothing wrong with a page of metrics") {
  if (run({"/usr/bin/env", "promtool", "--version"}).code != 0) return;  // comes with Debian's prometheus, which nothing else needs
  Cluster cluster(1, {"--listen-http", http_address});
  cluster.await_leader();
  const Ran checked = run({"/usr/bin/env", "promtool", "check", "metrics"}, get(cluster, 0, "/metrics").body);
  INFO(checked.out << checked.err);
  CHECK(checked.code == 0);
}
