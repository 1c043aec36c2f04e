#include <signal.h>
#include <unistd.h>

#include "bench.hpp"
#include "conclave/test/catch.hpp"
#include "notify_socket.hpp"

using namespace conclave;
using namespace conclave::test;
using namespace std::chrono_literals;

/// What systemd is told of a service (sd_notify).

TEST_CASE("systemd is told when the daemon is ready, what it does, that it lives, and that it ends") {
  Bench bench;
  const bool has_file = GENERATE(true, false);
  NotifySocket systemd(has_file ? (bench.cluster.directory() / "notify").string() : "@locksmith-test-" + std::to_string(getpid()));
  FakeMachine machine = bench.machine("m");
  machine.set_environment({systemd.variable(), "WATCHDOG_USEC=200000"});
  machine.start();
  CHECK(systemd.hears("READY=1"));
  CHECK(systemd.hears("STATUS=idle"));
  CHECK(systemd.hears("WATCHDOG=1"));
  CHECK(systemd.hears("WATCHDOG=1"));
  machine.touch("hold-drain");
  REQUIRE(bench.group.need_reboot("m", "new firmware", "anna"));
  CHECK(systemd.hears("STATUS=draining: new firmware"));
  machine.signal(SIGTERM);
  CHECK(systemd.hears("STOPPING=1"));
  CHECK(machine.wait_for_end(10s) == 0);
}

TEST_CASE("a reason cannot tell systemd anything, or a terminal") {
  Bench bench;
  NotifySocket systemd((bench.cluster.directory() / "notify").string());
  FakeMachine machine = bench.machine("m");
  machine.set_environment({systemd.variable()});
  machine.touch("hold-drain");
  machine.start();
  REQUIRE(bench.group.need_reboot("m", "kernel\nMAINPID=1\x1b[2J", "anna"));
  CHECK(systemd.hears("STATUS=draining: kernel\uFFFDMAINPID=1\uFFFD[2J"));
  CHECK(systemd.all().find("\nMAINPID") == std::string::npos);
  CHECK(machine.read("log").find('\x1b') == std::string::npos);
}
