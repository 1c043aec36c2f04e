#include <algorithm>
#include <deque>

#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;
using namespace std::chrono_literals;

/// What a group's policy means for daemons that live.

TEST_CASE("a group in which too many machines are unwell gives no slot until they are well again") {
  Bench bench;
  REQUIRE(bench.group.set("unhealthy_max", "0", "test"));
  FakeMachine sick = bench.machine("sick");
  sick.touch("unwell");
  sick.start();
  REQUIRE(await(20s, [&] {
    const auto status = bench.group.status();
    return status && unhealthy_machines(*status, 0) == 1;
  }));
  FakeMachine machine = bench.machine("m");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return bench.waits("m") && machine.read("state.json").find("unhealthy") != std::string::npos; }));
  CHECK_FALSE(bench.has_slot("m"));
  sick.remove("unwell");
  CHECK(await(20s, [&] { return machine.asked_to_reboot(); }));
}

TEST_CASE("a percentage gives slots by how many machines the group knows") {
  Bench bench;
  REQUIRE(bench.group.set("slots", "50%", "test"));
  std::deque<FakeMachine> machines;
  for (int i = 0; i < 4; ++i) machines.push_back(bench.machine("m" + std::to_string(i)));
  for (FakeMachine& machine : machines) machine.start();
  REQUIRE(await(20s, [&] {
    const auto status = bench.group.status();
    return status && status->machines.size() == 4;
  }));
  for (FakeMachine& machine : machines) machine.touch("reboot-required");
  const auto asked = [&] { return std::ranges::count_if(machines, [](const auto& machine) { return machine.asked_to_reboot(); }); };
  REQUIRE(await(20s, [&] {
    const auto status = bench.group.status();
    return asked() == 2 && status && status->waiters.size() == 2;
  }));
  CHECK(bench.group.status()->slots.size() == 2);
  REQUIRE(await(60s, [&] {
    for (FakeMachine& machine : machines) machine.reboot_if_asked();
    const auto status = bench.group.status();
    return status && status->slots.empty() && status->waiters.empty();
  }));
  for (const FakeMachine& machine : machines) CHECK(machine.reboots() == 1);
}

TEST_CASE("where the policy says so the slot of a machine that stays away is given to the next, and it comes back to nothing") {
  Bench bench;
  REQUIRE(bench.group.set("deadline", "1s", "test"));
  REQUIRE(bench.group.set("auto_release", "2s", "test"));
  FakeMachine away = bench.machine("away");
  FakeMachine next = bench.machine("next");
  away.touch("reboot-required");
  away.start();
  REQUIRE(await(20s, [&] { return away.asked_to_reboot(); }));
  away.go_down();
  next.touch("reboot-required");
  next.start();
  REQUIRE(await(20s, [&] { return next.asked_to_reboot(); }));
  CHECK_FALSE(bench.has_slot("away"));
  CHECK(machine_of(*bench.group.status(), "away")->was_auto_released);
  away.come_back();
  REQUIRE(await(20s, [&] { return away.stage() == "idle" && !away.exists("drained"); }));
  CHECK(bench.has_slot("next"));
  CHECK(await(20s, [&] {
    const auto status = bench.group.status();
    return status && !machine_of(*status, "away")->was_auto_released;
  }));
}
