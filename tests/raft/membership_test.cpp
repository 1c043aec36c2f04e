#include "conclave/raft/membership_change.hpp"

#include "conclave/test/catch.hpp"
#include "network.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

std::vector<MemberId> ids(std::initializer_list<std::uint64_t> numbers) {
  std::vector<MemberId> out;
  for (const std::uint64_t number : numbers) out.emplace_back(number);
  return out;
}

void change(Network& network, std::initializer_list<std::uint64_t> voters, std::initializer_list<std::uint64_t> learners = {},
            std::initializer_list<std::uint64_t> promote = {}) {
  const auto made = network.core(network.leader()).propose_membership(bench_records(voters), bench_records(learners), ids(promote));
  if (!made) throw std::runtime_error("a change was refused: " + made.error().message());
  network.run();
}

bool is_settled(Network& network, std::initializer_list<std::uint64_t> voters) {
  const std::uint64_t leader = network.leader();
  return leader != 0 && network.core(leader).membership().voters == ids(voters) && network.core(leader).membership_committed();
}

}  // namespace

TEST_CASE("a cluster grows from one to three members by way of learners", "[membership]") {
  Network network({.voters = {1}, .joining = {2, 3}});
  network.core(1).campaign();
  network.run();
  REQUIRE(network.leader() == 1);
  for (int i = 0; i < 40; ++i) network.propose(std::to_string(i));
  change(network, {1}, {2, 3}, {2, 3});
  REQUIRE(network.tick_until([&] { return is_settled(network, {1, 2, 3}); }, 40));
  const EntryId id = network.propose("all");
  CHECK(network.all_applied({1, 2, 3}, id));
}

TEST_CASE("all members are replaced while the cluster works", "[membership]") {
  Network network({.voters = {1, 2, 3}, .joining = {4, 5, 6}});
  network.elect();
  network.propose("before");
  change(network, {1, 2, 3}, {4, 5, 6}, {4, 5, 6});
  REQUIRE(network.tick_until([&] { return is_settled(network, {1, 2, 3, 4, 5, 6}); }, 60));
  change(network, {4, 5, 6});
  REQUIRE(network.tick_until([&] { return network.leader() >= 4 && is_settled(network, {4, 5, 6}); }, 200));
  for (std::uint64_t id = 1; id <= 3; ++id) network.crash(id);
  const EntryId id = network.propose("after");
  CHECK(network.all_applied({4, 5, 6}, id));
}

TEST_CASE("a leader that was removed hands over at once", "[membership]") {
  Network network({.configure = [](Config& config) { config.election_timeout_ticks = 100; }});
  const std::uint64_t removed = network.elect();
  std::vector<std::uint64_t> rest;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    if (id != removed) rest.push_back(id);
  }
  const auto made = network.core(removed).propose_membership(bench_records(rest), {});
  REQUIRE(made);
  network.run();
  network.tick(5);
  CHECK(network.leader() != removed);
  CHECK(network.leader() != 0);
  CHECK(network.status(removed).role == Role::learner);
}

TEST_CASE("records may change without any change of voters", "[membership]") {
  Network network;
  const std::uint64_t leader = network.elect();
  auto records = bench_records({1, 2, 3});
  records[1].peer_address = "other:7401";
  REQUIRE(network.core(leader).propose_membership(records, {}));
  network.run();
  network.tick(4);
  for (std::uint64_t id = 1; id <= 3; ++id) CHECK(network.core(id).membership().members[1].peer_address == "other:7401");
  CHECK(!network.core(leader).membership().is_joint());
}

TEST_CASE("a change that makes no sense is refused with its reason", "[membership]") {
  Network network;
  Core& core = network.core(network.elect());
  CHECK(core.propose_membership({}, {}).error().code == Errc::invalid_argument);
  CHECK(core.propose_membership(bench_records({1, 1, 2}), {}).error().code == Errc::invalid_argument);
  CHECK(core.propose_membership(bench_records({1, 2}), bench_records({2})).error().code == Errc::invalid_argument);
  CHECK(core.propose_membership(bench_records({0, 1, 2}), {}).error().code == Errc::invalid_argument);
  CHECK(core.propose_membership(bench_records({1, 2, 3}), {}, ids({3})).error().code == Errc::invalid_argument);
  REQUIRE(core.propose_membership(bench_records({1, 2}), bench_records({3})));
  CHECK(core.propose_membership(bench_records({1, 2, 3}), {}).error().code == Errc::membership_busy);
  network.run();
  CHECK(core.membership_committed());
}

TEST_CASE("one voter more or less is a plain change, more is joint", "[membership]") {
  const Membership current = bench_membership({1, 2, 3}, {4});
  const auto plain = plan_change(current, bench_records({1, 2, 3, 4}), {});
  REQUIRE(plain);
  CHECK(!plain->is_joint());
  const auto joint = plan_change(current, bench_records({1, 2, 4}), bench_records({3}));
  REQUIRE(joint);
  CHECK(joint->is_joint());
  CHECK(joint->outgoing == ids({1, 2, 3}));
  CHECK(joint->learners.empty());
  CHECK(joint->learners_next == ids({3}));
  CHECK(is_well_formed(*joint));
  const Membership left = leave_joint(*joint);
  CHECK(left.voters == ids({1, 2, 4}));
  CHECK(left.learners == ids({3}));
  CHECK(left.members.size() == 4);
}

TEST_CASE("a membership from outside must be sorted, disjoint and have a record for everybody", "[membership]") {
  const Membership good = bench_membership({1, 2, 3}, {4});
  CHECK(is_well_formed(good));
  Membership bad = good;
  bad.voters = ids({2, 1, 3});
  CHECK(!is_well_formed(bad));
  bad = good;
  bad.learners = ids({3});
  CHECK(!is_well_formed(bad));
  bad = good;
  bad.members.pop_back();
  CHECK(!is_well_formed(bad));
  bad = good;
  bad.learners_next = ids({1});
  CHECK(!is_well_formed(bad));
  CHECK(!is_well_formed(Membership{}));
}
