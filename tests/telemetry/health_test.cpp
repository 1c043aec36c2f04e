#include "../../server/telemetry/src/health.hpp"

#include "conclave/test/catch.hpp"

namespace conclave::telemetry {

TEST_CASE("a healthy member says ok, and lists its checks when asked") {
  const std::vector<Check> checks = {{"leader", {}}, {"disk", {}}};
  CHECK(health_reply(checks, "readyz", false).status == 200);
  CHECK(health_reply(checks, "readyz", false).body == "ok\n");
  CHECK(health_reply(checks, "readyz", true).body == "[+]leader ok\n[+]disk ok\nok\n");
}

TEST_CASE("what fails is told, with 503, also when nobody asked for the list") {
  const http::Reply reply = health_reply({{"leader", {}}, {"disk", "the disk is full"}}, "readyz", false);
  CHECK(reply.status == 503);
  CHECK(reply.body == "[+]leader ok\n[-]disk failed: the disk is full\nreadyz check failed\n");
}

TEST_CASE("etcd's health page has its two fields as texts") {
  CHECK(etcd_health_reply({}).body == R"({"health":"true","reason":""})");
  CHECK(etcd_health_reply("ALARM NOSPACE").body == R"({"health":"false","reason":"ALARM NOSPACE"})");
  CHECK(etcd_health_reply("RAFT NO LEADER").status == 503);
}

}  // namespace conclave::telemetry
