#include <future>

#include "conclave/test/catch.hpp"
#include "desk.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::locksmith::test;
using conclave::test::await;
using conclave::test::http_request;
using conclave::test::RawHttp;
using namespace std::chrono_literals;

TEST_CASE("FleetLock: a machine takes a slot before its reboot and gives it back after") {
  const FleetLock server;
  const HttpReply taken = server.post("pre-reboot", "m1", "exchange");
  CHECK(taken.status == 200);
  CHECK(taken.body.empty());
  CHECK(holders("exchange") == std::vector<std::string>{"m1"});
  CHECK(server.post("steady-state", "m1", "exchange").status == 200);
  CHECK(holders("exchange").empty());
}

TEST_CASE("FleetLock: both calls may be repeated, and a repeat writes nothing") {
  const FleetLock server;
  REQUIRE(server.post("pre-reboot", "m1", "again").status == 200);
  Revision before = revision();
  CHECK(server.post("pre-reboot", "m1", "again").status == 200);
  CHECK(revision() == before);
  REQUIRE(server.post("steady-state", "m1", "again").status == 200);
  before = revision();
  CHECK(server.post("steady-state", "m1", "again").status == 200);
  CHECK(server.post("steady-state", "never-seen", "again").status == 200);
  CHECK(server.post("steady-state", "m1", "group-that-nobody-used").status == 200);
  CHECK(revision() == before);
}

TEST_CASE("FleetLock: a group whose slots are all taken says so, with its kind") {
  const FleetLock server;
  REQUIRE(Group(store(), "full").set_max(2, "test"));
  REQUIRE(server.post("pre-reboot", "m1", "full").status == 200);
  REQUIRE(server.post("pre-reboot", "m2", "full").status == 200);
  const HttpReply full = server.post("pre-reboot", "m3", "full");
  CHECK(full.status == 423);
  CHECK(is_error(full, "failed_lock_semaphore_full"));
  CHECK(full.body.find("m1") != std::string::npos);
  CHECK(server.post("pre-reboot", "m2", "full").status == 200);
  CHECK(server.post("steady-state", "m1", "full").status == 200);
  CHECK(server.post("pre-reboot", "m3", "full").status == 200);
  CHECK(holders("full") == std::vector<std::string>{"m2", "m3"});
}

TEST_CASE("FleetLock: requests that are none get a 400 that says why, and write nothing") {
  const FleetLock server;
  const Revision before = revision();
  const auto refused = [&](const std::string& bytes, int status, const std::string& kind) {
    INFO(bytes);
    const HttpReply reply = server.ask(bytes);
    CHECK(reply.status == status);
    CHECK(is_error(reply, kind));
  };
  for (const std::string path : {"/v1/pre-reboot", "/v1/steady-state"}) {
    refused(fleet_request("POST", path, params("m1", "bad"), ""), 400, "missing_fleet_lock_header");
    refused(fleet_request("POST", path, params("m1", "bad"), "fleet-lock-protocol: false\r\n"), 400, "missing_fleet_lock_header");
    refused(fleet_request("POST", path, params("m1", "not a group")), 400, "invalid_group");
    refused(fleet_request("POST", path, params("m1", "under_score")), 400, "invalid_group");
    refused(fleet_request("POST", path, params("m1", "")), 400, "invalid_group");
    refused(fleet_request("POST", path, R"({"client_params":{"id":"m1","group":7}})"), 400, "invalid_group");
    refused(fleet_request("POST", path, params("", "bad")), 400, "invalid_client_identity");
    refused(fleet_request("POST", path, params("a/b", "bad")), 400, "invalid_client_identity");
    refused(fleet_request("POST", path, R"({"client_params":{"group":"bad"}})"), 400, "invalid_client_identity");
    refused(fleet_request("POST", path, "{}"), 400, "bad_body");
    refused(fleet_request("POST", path, ""), 400, "bad_body");
    refused(fleet_request("POST", path, "[1"), 400, "bad_body");
    refused(fleet_request("POST", path, R"({"client_params":"m1"})"), 400, "bad_body");
    refused(fleet_request("POST", path, R"(["client_params"])"), 400, "bad_body");
    refused(fleet_request("POST", path, std::string(10'000, '[')), 400, "bad_body");
    refused(fleet_request("POST", path, std::string(20'000, ' ')), 413, "body_too_large");
    refused(fleet_request("GET", path, ""), 405, "wrong_method");
    refused(fleet_request("PUT", path, params("m1", "bad")), 405, "wrong_method");
  }
  refused(fleet_request("POST", "/v2/pre-reboot", params("m1", "bad")), 404, "not_found");
  refused("GET /v1/pre-reboot\r\n\r\n", 400, "http_0_9");
  CHECK(server.ask(fleet_request("GET", "/v1/pre-reboot", "")).header("Allow") == "POST");
  CHECK(revision() == before);
}

TEST_CASE("FleetLock: a group that is not named is the default one, and other fields are passed over") {
  const FleetLock server;
  CHECK(server.ask(fleet_request("POST", "/v1/pre-reboot", R"({"client_params":{"id":"m9","since":1},"agent":"x"})")).status ==
        200);
  CHECK(holders("default") == std::vector<std::string>{"m9"});
  CHECK(server.post("steady-state", "m9", "default").status == 200);
}

TEST_CASE("FleetLock: only the groups that are served") {
  const FleetLock server({"--groups", "one,two"});
  CHECK(server.post("pre-reboot", "m1", "two").status == 200);
  const HttpReply other = server.post("pre-reboot", "m1", "three");
  CHECK(other.status == 400);
  CHECK(is_error(other, "unknown_group"));
}

TEST_CASE("FleetLock: a paused group and a closed window give no slot") {
  const FleetLock server;
  Group paused(store(), "paused");
  REQUIRE(paused.pause("test"));
  const HttpReply refused = server.post("pre-reboot", "m1", "paused");
  CHECK(refused.status == 423);
  CHECK(is_error(refused, "failed_lock_group_paused"));
  REQUIRE(paused.resume("test"));
  CHECK(server.post("pre-reboot", "m1", "paused").status == 200);

  // A window of one minute that began twelve hours ago.
  const auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto start = (minutes + 720) % 1440;
  const auto two = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  REQUIRE(Group(store(), "windows").set("windows", two(start / 60) + ":" + two(start % 60) + " 1m", "test"));
  const HttpReply closed = server.post("pre-reboot", "m1", "windows");
  CHECK(closed.status == 423);
  CHECK(is_error(closed, "failed_lock_window_closed"));
  CHECK(holders("windows").empty());
}

TEST_CASE("FleetLock: a request that may queue gets its slot when there is one, and leaves no place behind if it goes") {
  const FleetLock server({"--queue-time", "20s"});
  REQUIRE(server.post("pre-reboot", "m1", "queue").status == 200);
  auto second = std::async(std::launch::async, [&] { return server.post("pre-reboot", "m2", "queue"); });
  const auto waiters = [] { return Group(store(), "queue").status()->waiters.size(); };
  REQUIRE(await(10s, [&] { return waiters() == 1; }));
  {
    RawHttp leaves(server.port());
    leaves.send(fleet_request("POST", "/v1/pre-reboot", params("m3", "queue")));
    REQUIRE(await(10s, [&] { return waiters() == 2; }));
  }
  CHECK(await(10s, [&] { return waiters() == 1; }));
  REQUIRE(server.post("steady-state", "m1", "queue").status == 200);
  CHECK(second.get().status == 200);
  CHECK(holders("queue") == std::vector<std::string>{"m2"});
}

TEST_CASE("FleetLock: a slot outlives the server") {
  auto server = std::make_unique<FleetLock>();
  REQUIRE(server->post("pre-reboot", "m1", "outlives").status == 200);
  server->process().kill();
  server = std::make_unique<FleetLock>();
  CHECK(server->post("pre-reboot", "m2", "outlives").status == 423);
  CHECK(server->post("pre-reboot", "m1", "outlives").status == 200);
  CHECK(server->post("steady-state", "m1", "outlives").status == 200);
  CHECK(server->process().terminate(10s) == 0);
}

TEST_CASE("FleetLock: machines that ask at the same time never get more slots than there are") {
  const FleetLock server;
  REQUIRE(Group(store(), "crowd").set_max(3, "test"));
  std::vector<std::future<int>> asked;
  for (int i = 0; i < 20; ++i) {
    asked.push_back(std::async(std::launch::async,
                               [&server, i] { return server.post("pre-reboot", "m" + std::to_string(i), "crowd").status; }));
  }
  int got = 0;
  for (auto& one : asked) {
    const int status = one.get();
    CHECK((status == 200 || status == 423));
    got += status == 200 ? 1 : 0;
  }
  CHECK(got <= 3);
  CHECK(static_cast<int>(holders("crowd").size()) == got);
}
