#include <signal.h>

#include "bench.hpp"
#include "conclave/test/catch.hpp"
#include "fake_logind.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;
using namespace std::chrono_literals;

/// Reboots by systemd-logind, on a D-Bus of our own.

namespace {

struct Seat {
  FakeMachine machine(std::vector<std::string> flags = {}) {
    FakeMachine made = bench.machine("m", std::move(flags));
    made.reboot_by_logind();
    made.set_environment({bus.variable()});
    made.touch("reboot-required");
    return made;
  }
  [[nodiscard]] static bool tells(const FakeMachine& machine, const std::string& text) {
    return machine.read("state.json").find(text) != std::string::npos;
  }
  Bench bench;
  PrivateBus bus{bench.cluster.directory()};
};

}  // namespace

TEST_CASE("systemd-logind is asked for a reboot once, and to ask nobody for a password") {
  Seat seat;
  const FakeLogind logind(seat.bus);
  FakeMachine machine = seat.machine({"--reboot-patience", "1h"});
  machine.start();
  REQUIRE(await(20s, [&] { return logind.reboots().size() == 1; }));
  CHECK(machine.stage() == "rebooting");
  CHECK(seat.bench.has_slot("m"));
  machine.go_down();
  machine.come_back();
  REQUIRE(await(20s, [&] { return !seat.bench.has_slot("m") && machine.stage() == "idle"; }));
  CHECK(logind.reboots() == std::vector<bool>{false});
}

TEST_CASE("an older systemd-logind without a list of inhibitors is asked all the same") {
  Seat seat;
  Behaviour old;
  old.knows_inhibitors = false;
  const FakeLogind logind(seat.bus, old);
  FakeMachine machine = seat.machine();
  machine.start();
  CHECK(await(20s, [&] { return !logind.reboots().empty(); }));
}

TEST_CASE("who blocks shutdowns is not rebooted away, and is told to people; who only delays them is") {
  Seat seat;
  Behaviour upgrading;
  upgrading.inhibitors = {{"sleep:shutdown", "unattended-upgrades", "packages are being unpacked", "block"}};
  FakeLogind logind(seat.bus, upgrading);
  FakeMachine machine = seat.machine();
  machine.start();
  REQUIRE(await(20s, [&] {
    return Seat::tells(machine, "'unattended-upgrades' (process 4711) blocks shutdowns: packages are being unpacked");
  }));
  CHECK(logind.reboots().empty());
  Behaviour done;
  done.inhibitors = {{"sleep", "backup", "it runs", "block"}, {"shutdown", "editor", "unsaved work", "delay"}};
  logind.set(done);
  CHECK(await(20s, [&] { return !logind.reboots().empty(); }));
}

TEST_CASE("a reboot that systemd-logind refuses is told with its reason, and soon the slot is free for others") {
  Seat seat;
  Behaviour denied;
  denied.refusal = "Interactive authentication required.";
  FakeLogind logind(seat.bus, denied);
  FakeMachine machine = seat.machine({"--failure-pause", "2s"});
  machine.start();
  REQUIRE(
      await(20s, [&] { return Seat::tells(machine, "the reboot failed: systemd-logind: Interactive authentication required."); }));
  REQUIRE(await(20s, [&] { return machine.stage() == "waiting" && !seat.bench.has_slot("m"); }));
  CHECK_FALSE(machine.exists("drained"));
  CHECK(Seat::tells(machine, "Interactive authentication required."));  // also while it waits for the next try
  CHECK(logind.reboots().size() == 3);
  logind.set({});
  CHECK(await(20s, [&] { return logind.reboots().size() == 4 && seat.bench.has_slot("m"); }));
}

TEST_CASE("a machine without systemd-logind, or without a bus, says so and gives its slot back") {
  Seat seat;
  FakeMachine machine = seat.machine({"--failure-pause", "1h"});
  std::string expected = "systemd-logind: The name org.freedesktop.login1 was not provided";
  SECTION("no logind") {}
  SECTION("no bus") {
    machine.set_environment({"DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere"});
    expected = "the system bus: No such file or directory";
  }
  machine.start();
  REQUIRE(await(20s, [&] { return Seat::tells(machine, expected); }));
  CHECK(await(20s, [&] { return machine.stage() == "waiting" && !seat.bench.has_slot("m"); }));
}

TEST_CASE("a systemd-logind that hangs may reboot yet: the slot stays, and it is asked again only after some patience") {
  Seat seat;
  Behaviour hanging;
  hanging.hangs = true;
  FakeLogind logind(seat.bus, hanging);
  FakeMachine machine = seat.machine({"--reboot-timeout", "300ms", "--reboot-patience", "3s"});
  machine.start();
  REQUIRE(await(20s, [&] {
    return Seat::tells(machine, "it is not known whether the reboot comes: systemd-logind did not answer in 300ms");
  }));
  CHECK(machine.stage() == "rebooting");
  CHECK(seat.bench.has_slot("m"));
  CHECK(machine.exists("drained"));
  CHECK(logind.reboots().size() == 1);
  const auto heard_at = std::chrono::steady_clock::now();
  REQUIRE(await(20s, [&] { return logind.reboots().size() == 2; }));
  CHECK(std::chrono::steady_clock::now() - heard_at > 1s);
}

TEST_CASE("a daemon that is stopped does not wait for a systemd-logind that hangs") {
  Seat seat;
  Behaviour hanging;
  hanging.hangs = true;
  const FakeLogind logind(seat.bus, hanging);
  FakeMachine machine = seat.machine({"--reboot-timeout", "1h", "--reboot-patience", "1h"});
  machine.start();
  REQUIRE(await(20s, [&] { return logind.reboots().size() == 1; }));
  machine.signal(SIGTERM);
  CHECK(machine.wait_for_end(10s) == 0);
}

TEST_CASE("a reboot that was accepted and does not come is told, and asked for again after some patience, not at once") {
  Seat seat;
  const FakeLogind logind(seat.bus);
  FakeMachine machine = seat.machine({"--reboot-patience", "1s"});
  machine.start();
  REQUIRE(await(20s, [&] { return logind.reboots().size() == 1; }));
  const auto first_at = std::chrono::steady_clock::now();
  REQUIRE(await(20s, [&] { return Seat::tells(machine, "asked for 2 times, and it did not come"); }));
  CHECK(std::chrono::steady_clock::now() - first_at > 1500ms);
  CHECK(seat.bench.has_slot("m"));
  CHECK(logind.reboots().size() <= 3);
}
