// Machines reboot one at a time. The slot outlives the program and the reboot.   reboot_lock ENDPOINT...
#include <conclave/client.hpp>
#include <conclave/recipes/reboot_lock.hpp>
#include <cstdio>

using namespace std::chrono_literals;

int main(int count, char** words) {
  auto client = conclave::Client::open({.endpoints = {words + 1, words + count}});
  if (!client) return 1;
  // A real program leaves machine and boot out: they are those of the machine that it runs on.
  using conclave::recipes::RebootLock;
  RebootLock before(*client, "racks/a", {.slots = 1, .machine = "m1", .boot = "monday"});
  const auto slot = before.acquire("a new kernel", std::chrono::system_clock::now() + 30min, {.timeout = 10s});
  if (!slot) return 1;
  std::printf("%s may reboot: %s\n", slot->machine.c_str(), slot->reason.c_str());

  RebootLock other(*client, "racks/a", {.machine = "m2", .boot = "monday"});
  const auto refused = other.acquire("me too", {}, {.timeout = 100ms});
  std::printf("m2 %s\n", refused ? "may as well" : "has to wait");
  std::printf("giving it back without a reboot: %s\n", before.release() ? "done" : "refused");

  RebootLock after(*client, "racks/a", {.machine = "m1", .boot = "tuesday"});  // said at each start of the machine
  std::printf("after the reboot: %s\n", after.release() ? "given back" : "refused");
  const auto status = after.status();
  if (status) std::printf("%d of %d slots in use\n", static_cast<int>(status->holders.size()), static_cast<int>(status->slots));
}
