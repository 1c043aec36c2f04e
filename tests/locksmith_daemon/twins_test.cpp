#include "bench.hpp"
#include "conclave/test/catch.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;
using namespace std::chrono_literals;

/// Two machines with one id, as copies of a disk have.

namespace {

struct Twins {
  FakeMachine copy() {
    FakeMachine made(bench.cluster, bench.cluster.directory() / "elsewhere", "m", {"--host", "copy", "--presence-ttl", "2s"});
    made.set_boot(9);
    return made;
  }
  [[nodiscard]] std::string heard() {
    const auto status = bench.group.status();
    const MachineView* const row = status ? machine_of(*status, "m") : nullptr;
    return row != nullptr && row->presence ? row->presence->host : "";
  }
  static bool tells(const FakeMachine& machine, const std::string& text) {
    return machine.read("state.json").find(text) != std::string::npos;
  }
  Bench bench;
  FakeMachine machine = bench.machine("m");
};

}  // namespace

TEST_CASE("a second machine with the id of one that lives is refused, and told of both, until the other is gone") {
  Twins twins;
  twins.machine.start();
  REQUIRE(await(20s, [&] { return twins.heard() == "host-of-m"; }));
  FakeMachine copy = twins.copy();
  copy.touch("reboot-required");
  copy.start();
  REQUIRE(await(20s, [&] {
    return Twins::tells(
        copy,
        "the machine id 'm' is used twice: by host 'host-of-m' (boot boot-1) and by this host 'copy' (boot boot-9); "
        "give each machine an /etc/machine-id of its own");
  }));
  CHECK(copy.stage() == "waiting");
  CHECK(twins.heard() == "host-of-m");
  CHECK_FALSE(twins.bench.has_slot("m"));
  CHECK_FALSE(twins.bench.waits("m"));
  CHECK_FALSE(copy.exists("drained"));
  twins.machine.kill();
  REQUIRE(await(20s, [&] { return copy.reboot_if_asked(); }));
  CHECK(await(20s, [&] { return copy.stage() == "idle" && !twins.bench.has_slot("m"); }));
}

TEST_CASE("the slot of a machine that is down is neither used nor given back by another machine with its id") {
  Twins twins;
  twins.machine.touch("reboot-required");
  twins.machine.start();
  REQUIRE(await(20s, [&] { return twins.machine.asked_to_reboot(); }));
  const Revision token = twins.bench.group.status()->slots.at(0).token;
  twins.machine.go_down();
  FakeMachine copy = twins.copy();
  copy.touch("reboot-required");
  copy.start();
  REQUIRE(await(20s, [&] {
    return twins.heard() == "copy" &&
           Twins::tells(copy, "a slot was taken under this machine's id by host 'host-of-m' (boot boot-1), which is not this one");
  }));
  CHECK(copy.stage() == "waiting");
  CHECK_FALSE(copy.exists("drained"));
  REQUIRE(twins.bench.has_slot("m"));
  CHECK(twins.bench.group.status()->slots.at(0).token == token);
  twins.machine.come_back();  // and gives its slot back, which it has written down
  REQUIRE(await(20s, [&] { return copy.asked_to_reboot(); }));
  CHECK(twins.bench.group.status()->slots.at(0).token > token);
  CHECK(Twins::tells(twins.machine, "host 'copy'"));
}

TEST_CASE("a machine that has another name after its reboot knows its slot by what it wrote down") {
  Twins twins;
  twins.machine.touch("reboot-required");
  twins.machine.start();
  REQUIRE(await(20s, [&] { return twins.machine.asked_to_reboot(); }));
  twins.machine.set_flags({"--host", "renamed"});
  REQUIRE(twins.machine.reboot_if_asked());
  CHECK(await(20s, [&] { return !twins.bench.has_slot("m") && twins.heard() == "renamed"; }));
}
