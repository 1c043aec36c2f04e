/// Runs the golden scripts of testdata/. The commands (M is a member's id; [] is optional):
///
///   add-nodes COUNT [voters=1,2] [learners=3] [index=N] [log=1,1,2] [term=N] [vote=M] and the limits of Config by short names
///   crash M [keep=N]          memory is gone; the first N writes in flight had reached the disk all the same
///   restart M                 starts again from the disk (crashes first if up)
///   campaign M | tick M [N] | tick-heartbeat M | tick-election M | propose M TEXT [n=N] | read M | transfer M to=M
///   propose-membership M voters=1,2 [learners=3] [promote=3]
///   link-closed M peer=M | unreachable M peer=M | stamp M [N] | checkpoint M | compact M to=N
///   ready M                   takes one Ready and prints it; its messages go to the network, its work waits for the commands below
///   durable M [w=N]           writes up to N (all) are executed and reported | execute M [n=N]: executed, not reported
///   applied M [i=N] | log-read M | snapshot-read M [none] | snapshot-stored M [bad]
///   deliver M [from=M] [kind=K] [n=N] [last=N] | drop ... | duplicate ...
///   cut M [from=M,M] | heal   messages to and from M are lost
///   stabilize [M ...] [quiet] [hold-disk=M,M] [hold-apply=M,M] [hold-snapshot=]   everything until nothing is left to do
///   status | log | disk | state | members [M ...] | messages
///
/// Every command is followed by all invariants: those of each core and those between members (interaction_oracle.hpp).
#include "conclave/test/catch.hpp"
#include "conclave/test/datadriven.hpp"
#include "interaction_world.hpp"

TEST_CASE("the raft core does what its golden scripts say") {
  const auto scripts = conclave::test::scripts_in(CONCLAVE_TEST_DIR "/testdata");
  REQUIRE_FALSE(scripts.empty());
  for (const auto& path : scripts) {
    conclave::raft::test::World world;
    const std::string difference =
        conclave::test::run_script(path, [&world](const conclave::test::Command& command) { return world.run(command); });
    INFO(difference);
    CHECK(difference.empty());
  }
}
