#include <signal.h>

#include <fstream>

#include "conclave/test/catch.hpp"
#include "desk.hpp"
#include "notify_socket.hpp"
#include "protocol.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::locksmith::test;
using conclave::test::http_request;
using conclave::test::program;
using conclave::test::run;

TEST_CASE("FleetLock: metrics tell outcomes, latencies and the state of groups") {
  const FleetLock server;
  REQUIRE(server.post("pre-reboot", "m1", "metered").status == 200);
  REQUIRE(server.post("pre-reboot", "m2", "metered").status == 423);
  const HttpReply reply = server.ask(http_request("GET", "/metrics"));
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  for (const std::string line :
       {"locksmith_fleetlock_requests_total{verb=\"pre-reboot\",outcome=\"ok\"} 1\n",
        "locksmith_fleetlock_requests_total{verb=\"pre-reboot\",outcome=\"failed_lock_semaphore_full\"} 1\n",
        "locksmith_fleetlock_request_seconds_count{verb=\"pre-reboot\"} 2\n", "locksmith_group_slots{group=\"metered\"} 1\n",
        "locksmith_group_holders{group=\"metered\"} 1\n", "locksmith_group_up{group=\"metered\"} 1\n",
        "process_resident_memory_bytes "}) {
    INFO(line << "in\n" << reply.body);
    CHECK(reply.body.find(line) != std::string::npos);
  }
}

TEST_CASE("FleetLock: alive without a cluster, ready only with one") {
  const FleetLock server;
  CHECK(server.ask(http_request("GET", "/livez")).status == 200);
  CHECK(server.ask(http_request("GET", "/readyz")).status == 200);
  const FleetLock alone({"--endpoints", cluster().endpoints()});
  CHECK(alone.ask(http_request("GET", "/livez")).body == "ok\n");
}

TEST_CASE("FleetLock: flags, environment and file, in this order") {
  const auto help = run({program("locksmith-fleetlock"), "--help"});
  CHECK(help.code == 0);
  for (const std::string flag : {"--listen", "--endpoints", "--tls-client-ca-file", "--queue-time", "LOCKSMITH_FLEETLOCK_GROUPS"}) {
    CHECK(help.out.find(flag) != std::string::npos);
  }
  const conclave::test::ScratchDir directory;
  const auto refuses = [&](const std::vector<std::string>& flags, const std::string& text) {
    std::vector<std::string> command = {program("locksmith-fleetlock")};
    command.insert(command.end(), flags.begin(), flags.end());
    const auto ran = run(command);
    INFO(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.err.find(text) != std::string::npos);
  };
  refuses({"--listen", "nowhere"}, "--listen: 'nowhere' is not HOST:PORT");
  refuses({"--queue-time", "1"}, "--queue-time");
  refuses({"--queue-time", "2h"}, "at most 25m");
  refuses({"--groups", "a b"}, "'a b'");
  refuses({"--tls-cert-file", "x"}, "belong together");
  refuses({"--tls-require-client-cert"}, "--tls-client-ca-file");
  refuses({"--no-such-flag"}, "--no-such-flag");
  const std::string file = (directory.path() / "fleetlock.toml").string();
  std::ofstream(file) << "listen = \"somewhere\"\n";
  refuses({"--config", file}, "'somewhere'");
  refuses({"--config", file, "--listen", "elsewhere"}, "'elsewhere'");
  const auto by_environment =
      run({"/usr/bin/env", "LOCKSMITH_FLEETLOCK_LISTEN=environment", program("locksmith-fleetlock"), "--config", file});
  CHECK(by_environment.err.find("'environment'") != std::string::npos);
  std::ofstream(file) << "lisen = \"x:1\"\n";
  refuses({"--config", file}, "lisen");
}

TEST_CASE("FleetLock: whose slot is whose") {
  using namespace conclave::locksmith::fleetlock;
  CHECK(taker("") == "fleetlock");
  CHECK(taker("m1") == "fleetlock:m1");
  CHECK(may_touch("fleetlock:m1", "fleetlock:m1"));
  CHECK_FALSE(may_touch("fleetlock:m2", "fleetlock:m1"));
  CHECK_FALSE(may_touch("fleetlock", "fleetlock:m1"));
  CHECK(may_touch("fleetlock:m1", "fleetlock"));
  CHECK(may_touch("fleetlock", "locksmithctl"));
  CHECK(is_group("a.B-9"));
  CHECK_FALSE(is_group(""));
  CHECK_FALSE(is_group("a_b"));
  CHECK_FALSE(is_group(std::string(129, 'a')));
}

TEST_CASE("FleetLock: systemd is told when the server is ready and when it ends") {
  const conclave::test::ScratchDir scratch;
  conclave::test::NotifySocket systemd(scratch.path() / "notify");
  conclave::test::Process server({"/usr/bin/env", systemd.variable(), program("locksmith-fleetlock"), "--listen",
                                  "127.0.0.1:" + std::to_string(conclave::test::free_port()), "--endpoints", cluster().endpoints()},
                                 scratch.path() / "log");
  CHECK(systemd.hears("READY=1"));
  server.signal(SIGTERM);
  CHECK(systemd.hears("STOPPING=1"));
  CHECK(server.wait(std::chrono::seconds(20)) == 0);
}
