#include "conclave/locksmith/groups.hpp"
#include "conclave/test/catch.hpp"
#include "machine.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;
using namespace std::chrono_literals;

/// What people do and see while a daemon lives.

TEST_CASE("a wish and a need of the machine's own are met by one reboot") {
  const std::string strategy = GENERATE("lock", "reboot");
  INFO(strategy);
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client, "web");
  REQUIRE(group.need_reboot("m", "new firmware", "anna"));
  FakeMachine machine(cluster, cluster.directory(), "m", {"--strategy", strategy});
  machine.touch("reboot-required");
  machine.start();
  const auto wish_is_gone = [&] {
    const auto status = group.status();
    return status && status->wishes.empty();
  };
  REQUIRE(await(20s, [&] { return machine.asked_to_reboot(); }));
  CHECK_FALSE(wish_is_gone());
  machine.remove("reboot-required");
  REQUIRE(machine.reboot_if_asked());
  REQUIRE(await(20s, wish_is_gone));
  REQUIRE(await(20s, [&] { return machine.stage() == "idle"; }));
  CHECK(machine.reboots() == 1);
  CHECK_FALSE(machine.asked_to_reboot());
}

TEST_CASE("the group shows why a machine is not well after its boot") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client, "web");
  FakeMachine machine(cluster, cluster.directory(), "m");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.asked_to_reboot(); }));
  machine.touch("unwell");
  REQUIRE(machine.reboot_if_asked());
  CHECK(await(20s, [&] {
    const auto status = group.status();
    const MachineView* const row = status ? machine_of(*status, "m") : nullptr;
    return row != nullptr && row->presence && row->presence->state == "checking" &&
           row->presence->detail.find("exits with 1") != std::string::npos;
  }));
}

TEST_CASE("a slot that a person took for a machine is given back by a person while its daemon waits for a window") {
  Cluster cluster(1);
  Client client = cluster.client();
  Group group(client, "web");
  FakeMachine machine(cluster, cluster.directory(), "m", {"--failure-pause", "1h", "--pre-hook", "false"});
  machine.touch("reboot-required");
  machine.start();
  // It waits before it knows the group, too; then it would take the slot soon.
  REQUIRE(await(20s, [&] {
    const auto status = group.status();
    const MachineView* const row = status ? machine_of(*status, "m") : nullptr;
    return status && status->slots.empty() && row != nullptr && row->presence && row->presence->state == "waiting" &&
           row->presence->detail.find("hooks failed") != std::string::npos;
  }));
  Claim claim;
  claim.machine = "m";
  claim.boot = "boot-1";
  claim.by = "anna";
  REQUIRE(group.lock(claim, {0ms, {}})->slot);
  const auto unlocked = group.unlock("m", "anna");
  REQUIRE(unlocked);
  CHECK(*unlocked);
}
