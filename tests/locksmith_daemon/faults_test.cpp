#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

WallMillis wall() { return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

TEST_CASE("a dead holder is shown as overdue and can be evicted") {
  Bench bench;
  REQUIRE(bench.group.set("deadline", "500ms", "test"));
  FakeMachine dead = bench.machine("dead");
  FakeMachine next = bench.machine("next");
  dead.touch("reboot-required");
  dead.start();
  REQUIRE(await(20s, [&] { return dead.asked_to_reboot(); }));
  dead.go_down();
  next.touch("reboot-required");
  next.start();
  REQUIRE(await(20s, [&] { return bench.waits("next"); }));
  REQUIRE(await(20s, [&] {
    const auto status = bench.group.status();
    const SlotView* const slot = slot_of(*status, "dead");
    const MachineView* const machine = machine_of(*status, "dead");
    return slot != nullptr && is_overdue(*slot, wall()) && machine != nullptr && !machine->presence;
  }));
  CHECK_FALSE(next.asked_to_reboot());
  CHECK(*bench.group.unlock("dead", "test"));  // nobody looks after it; evict() takes it in any case
  REQUIRE(await(20s, [&] { return next.reboot_if_asked(); }));
  REQUIRE(await(20s, [&] { return !bench.has_slot("next"); }));
}

TEST_CASE("a slot that its machine's daemon looks after is taken away only by force") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.touch("hold-drain");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.exists("drained"); }));
  REQUIRE(await(20s, [&] {
    const auto status = bench.group.status();
    const MachineView* const view = machine_of(*status, "m");
    return view != nullptr && view->presence && view->presence->state == "draining";
  }));
  CHECK(bench.group.unlock("m", "test").error().code == Errc::invalid_argument);
  REQUIRE(bench.group.pause("test"));
  CHECK(*bench.group.evict("m", "test"));
  machine.remove("hold-drain");
  REQUIRE(await(20s, [&] { return !machine.exists("drained"); }));
  CHECK_FALSE(machine.asked_to_reboot());
}

TEST_CASE("a machine whose window closes while it waits for a slot does not reboot") {
  Bench bench;
  REQUIRE(bench.group.lock(bench.by_hand(), {.timeout = 5s})->slot);
  FakeMachine machine = bench.machine("m");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return bench.waits("m"); }));
  const auto minute = static_cast<std::uint32_t>((wall() / 60'000 + 12 * 60) % 1440);
  REQUIRE(bench.group.set("windows", time_of_day_text(minute) + " 1h", "test"));
  // Its place goes by a write of its own, after the stage is told.
  REQUIRE(await(20s, [&] { return machine.stage() == "waiting" && !bench.waits("m"); }));
  REQUIRE(*bench.group.evict("by-hand", "test"));
  CHECK_FALSE(bench.has_slot("m"));
  CHECK_FALSE(machine.asked_to_reboot());
  REQUIRE(bench.group.set("windows", "none", "test"));
  REQUIRE(await(20s, [&] { return machine.reboot_if_asked(); }));
}

TEST_CASE("a machine whose window closes while it drains gives its slot back and is restored") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.touch("hold-drain");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.exists("drained"); }));
  const auto minute = static_cast<std::uint32_t>((wall() / 60'000 + 12 * 60) % 1440);
  REQUIRE(bench.group.set("windows", time_of_day_text(minute) + " 1h", "test"));
  machine.remove("hold-drain");
  REQUIRE(await(20s, [&] { return machine.stage() == "waiting" && !bench.has_slot("m"); }));
  CHECK_FALSE(machine.exists("drained"));
  CHECK_FALSE(machine.asked_to_reboot());
}

TEST_CASE("health that fails after the boot keeps the slot, and the group shows it as overdue") {
  Bench bench;
  REQUIRE(bench.group.set("deadline", "500ms", "test"));
  FakeMachine machine = bench.machine("m");
  FakeMachine next = bench.machine("next");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.asked_to_reboot(); }));
  machine.touch("unwell");
  machine.reboot_if_asked();
  next.touch("reboot-required");
  next.start();
  REQUIRE(await(20s, [&] { return bench.waits("next") && machine.stage() == "checking"; }));
  REQUIRE(await(20s, [&] {
    const auto status = bench.group.status();
    return is_overdue(status->slots.at(0), wall()) && unhealthy_machines(*status, wall()) == 1;
  }));
  CHECK_FALSE(next.asked_to_reboot());
  machine.remove("unwell");
  REQUIRE(await(20s, [&] { return next.asked_to_reboot(); }));
  CHECK_FALSE(machine.exists("drained"));
}

TEST_CASE("a pause in the middle calls off what has not rebooted, and a resume goes on") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.touch("hold-drain");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.exists("drained"); }));
  REQUIRE(bench.group.pause("test"));
  machine.remove("hold-drain");
  REQUIRE(await(20s, [&] { return !bench.has_slot("m") && !machine.exists("drained"); }));
  CHECK_FALSE(machine.asked_to_reboot());
  REQUIRE(bench.group.resume("test"));
  REQUIRE(await(20s, [&] { return machine.reboot_if_asked(); }));
  REQUIRE(await(20s, [&] { return !bench.has_slot("m"); }));
}

TEST_CASE("a crash between taking the slot and rebooting is recovered from") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.touch("hold-drain");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.exists("drained"); }));
  machine.kill();
  REQUIRE(bench.has_slot("m"));
  SECTION("and goes on") {
    machine.remove("hold-drain");
    machine.start();
    REQUIRE(await(20s, [&] { return machine.reboot_if_asked(); }));
    REQUIRE(await(20s, [&] { return !bench.has_slot("m"); }));
    CHECK(machine.reboots() == 1);
  }
  SECTION("and undone, if no reboot is needed any more") {
    machine.remove("hold-drain");
    machine.remove("reboot-required");
    machine.start();
    REQUIRE(await(20s, [&] { return !bench.has_slot("m") && machine.stage() == "idle"; }));
    CHECK_FALSE(machine.asked_to_reboot());
  }
  CHECK_FALSE(machine.exists("drained"));
}

TEST_CASE("a crash between booting and releasing is recovered from") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.asked_to_reboot(); }));
  machine.touch("unwell");
  machine.reboot_if_asked();
  REQUIRE(await(20s, [&] { return machine.stage() == "checking"; }));
  machine.kill();
  machine.remove("unwell");
  machine.start();
  REQUIRE(await(20s, [&] { return !bench.has_slot("m"); }));
  CHECK_FALSE(machine.exists("drained"));
  CHECK(machine.reboots() == 1);
}

TEST_CASE("strategy off releases the slot that is held from before") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.touch("reboot-required");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.asked_to_reboot(); }));
  machine.set_flags({"--strategy", "off"});
  machine.reboot_if_asked();
  REQUIRE(await(20s, [&] { return !bench.has_slot("m") && machine.stage() == "idle"; }));
  CHECK_FALSE(machine.exists("drained"));
  machine.touch("reboot-required");
  CHECK_FALSE(machine.asked_to_reboot());
}

TEST_CASE("a wish makes a machine reboot once") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.start();
  REQUIRE(await(20s, [&] { return machine.stage() == "idle"; }));
  REQUIRE(bench.group.need_reboot("m", "new firmware", "anna"));
  REQUIRE(await(20s, [&] { return machine.reboot_if_asked(); }));
  REQUIRE(await(20s, [&] {
    const auto status = bench.group.status();
    return status->slots.empty() && status->wishes.empty();
  }));
  const auto entries = bench.group.history();
  REQUIRE(entries->size() >= 4);
  CHECK(entries->at(2).detail == "new firmware");
  CHECK(machine.reboots() == 1);
}

TEST_CASE("strategy reboot needs no cluster") {
  ScratchDir scratch;
  FakeMachine machine("127.0.0.1:1", scratch.path(), "m", {"--strategy", "reboot"});
  machine.touch("reboot-required");
  machine.start();
  const bool rebooted = await(20s, [&] { return machine.reboot_if_asked(); });
  INFO(machine.stage() << "\n" << machine.read("log"));
  REQUIRE(rebooted);
  const bool idle = await(20s, [&] { return machine.stage() == "idle"; });
  INFO(machine.read("log"));
  REQUIRE(idle);
}

TEST_CASE("a spoilt journal is a clear error and nothing is done") {
  Bench bench;
  FakeMachine machine = bench.machine("m");
  machine.touch("reboot-required");
  std::filesystem::create_directories(machine.directory() / "state");
  machine.touch("state/journal");
  machine.start();
  CHECK(machine.wait_for_end(10s) == 1);
  CHECK(machine.read("log").find("state/journal: it does not begin with 'locksmith-journal '") != std::string::npos);
  CHECK_FALSE(bench.has_slot("m"));
}
