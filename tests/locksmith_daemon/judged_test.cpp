#include <cstdlib>
#include <deque>

#include "conclave/base/prng.hpp"
#include "conclave/locksmith/groups.hpp"
#include "conclave/test/catch.hpp"
#include "group_history.hpp"
#include "machine.hpp"

using namespace conclave;
using namespace conclave::locksmith;
using namespace conclave::test;
using namespace std::chrono_literals;

namespace {

bool is_full_run() { return std::getenv("CONCLAVE_TEST_FULL") != nullptr; }

/// Kills members and daemons now and then, and changes how many may reboot.
class Trouble {
 public:
  Trouble(Cluster& cluster, std::deque<FakeMachine>& machines, Group& group, std::uint64_t seed)
      : cluster_(cluster), machines_(machines), group_(group), prng_(seed) {}

  void pass() {
    const auto now = std::chrono::steady_clock::now();
    for (FakeMachine& machine : machines_) {
      machine.reboot_if_asked();
      if (!machine.runs()) machine.start();
    }
    if (now < next_) return;
    next_ = now + 100ms + std::chrono::milliseconds(prng_.below(300));
    if (down_ && now > back_at_) {
      cluster_.start(*down_);
      down_.reset();
    }
    if (prng_.chance(1, 2)) machines_[prng_.below(machines_.size())].kill();
    if (!down_ && (members_killed == 0 || prng_.chance(1, 8))) {  // a fast machine is done before chance strikes
      down_ = prng_.below(cluster_.size());
      back_at_ = now + 1s;
      cluster_.kill(*down_);
      ++members_killed;
    }
    if (prng_.chance(1, 6)) (void)group_.set_max(prng_.between(1, 4), "test", {.timeout = 5s});
  }
  void heal() {
    if (down_) cluster_.start(*down_);
    down_.reset();
  }
  int members_killed = 0;

 private:
  Cluster& cluster_;
  std::deque<FakeMachine>& machines_;
  Group& group_;
  Prng prng_;
  std::chrono::steady_clock::time_point next_{};
  std::chrono::steady_clock::time_point back_at_{};
  std::optional<std::size_t> down_;
};

std::string stages_of(const std::deque<FakeMachine>& machines) {
  std::string text;
  for (const FakeMachine& machine : machines)
    text += machine.id() + " " + std::to_string(machine.reboots()) + " " + machine.stage() + "\n";
  return text;
}

}  // namespace

TEST_CASE("twelve machines reboot once each, never more than the group's slots at a time, whatever is killed meanwhile") {
  Cluster cluster(3);
  Client client = cluster.client();
  Group group(client, "web");
  REQUIRE(group.set_max(2, "test"));
  std::deque<FakeMachine> machines;
  for (int i = 0; i < 12; ++i) machines.emplace_back(cluster, cluster.directory(), "m" + std::to_string(i));
  Trouble trouble(cluster, machines, group, 42);
  const int rounds = is_full_run() ? 6 : 2;
  for (int round = 1; round <= rounds; ++round) {
    for (FakeMachine& machine : machines) machine.touch("reboot-required");
    const auto all_done = [&] {
      trouble.pass();
      for (const FakeMachine& machine : machines)
        if (machine.reboots() < round) return false;
      return true;
    };
    const bool done = await(150s, all_done);
    INFO(stages_of(machines));
    REQUIRE(done);
  }
  CHECK(trouble.members_killed > 0);
  trouble.heal();
  const auto all_quiet = [&] {
    for (FakeMachine& machine : machines) {
      machine.reboot_if_asked();
      if (!machine.runs()) machine.start();
    }
    const auto status = group.status();
    return status && status->slots.empty() && status->waiters.empty();
  };
  const bool quiet = await(60s, all_quiet);
  INFO(stages_of(machines));
  REQUIRE(quiet);
  for (const FakeMachine& machine : machines) {
    INFO(machine.id() << "\n" << machine.read("log"));
    CHECK(machine.reboots() == rounds);
    CHECK_FALSE(machine.exists("drained"));
  }
  const GroupHistory history = read_history(client, group.status()->revision);
  CHECK(judge(history, "web") == "");
  const auto taken = slots_taken(history, "web");
  CHECK(taken.size() == 12);
  CHECK(group.status()->machines.size() == 12);
}
