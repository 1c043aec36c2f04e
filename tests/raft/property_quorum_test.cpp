/// Majorities and membership changes against brute force over all subsets of a small world.
#include <algorithm>
#include <set>

#include "conclave/base/prng.hpp"
#include "conclave/raft/membership_change.hpp"
#include "conclave/raft/quorum.hpp"
#include "conclave/test/catch.hpp"
#include "interaction_bench.hpp"

using namespace conclave;
using namespace conclave::raft;
using namespace conclave::raft::test;

namespace {

constexpr std::uint64_t kIds = 7;  ///< ids 1..7; a set of them is a mask of 7 bits
constexpr unsigned kMasks = 1u << kIds;

bool in(unsigned mask, MemberId id) { return ((mask >> (id.value() - 1)) & 1u) != 0; }

bool majority(const std::vector<MemberId>& voters, unsigned mask) {
  std::size_t count = 0;
  for (const auto id : voters) count += in(mask, id) ? 1u : 0u;
  return 2 * count > voters.size();
}

bool quorum(const Membership& membership, unsigned mask) {
  return majority(membership.voters, mask) && (membership.outgoing.empty() || majority(membership.outgoing, mask));
}

std::vector<MemberId> random_ids(Prng& prng, std::size_t at_least) {
  std::vector<MemberId> ids;
  for (std::uint64_t id = 1; id <= kIds; ++id) ids.emplace_back(id);
  prng.shuffle(ids);
  ids.resize(prng.between(at_least, kIds));
  std::sort(ids.begin(), ids.end());
  return ids;
}

Membership random_membership(Prng& prng) {
  Membership membership;
  membership.voters = random_ids(prng, 1);
  if (prng.chance(1, 2)) membership.outgoing = random_ids(prng, 1);
  return membership;
}

std::vector<raft::Member> records(const std::vector<MemberId>& ids) {
  std::vector<raft::Member> result;
  for (const auto id : ids) result.push_back(bench_record(id.value()));
  return result;
}

/// A membership that is not joint: some voters, and of the rest some learners.
struct Target {
  std::vector<MemberId> voters;
  std::vector<MemberId> learners;
};

Target random_target(Prng& prng) {
  Target target{random_ids(prng, 1), {}};
  for (const auto id : random_ids(prng, 0))
    if (std::find(target.voters.begin(), target.voters.end(), id) == target.voters.end()) target.learners.push_back(id);
  return target;
}

Membership settled(const Target& target) {
  Membership membership;
  membership.voters = target.voters;
  membership.learners = target.learners;
  std::set<MemberId> ids(target.voters.begin(), target.voters.end());
  ids.insert(target.learners.begin(), target.learners.end());
  membership.members = records({ids.begin(), ids.end()});
  return membership;
}

/// No two disjoint sets can decide, one under each membership.
bool overlap(const Membership& a, const Membership& b) {
  for (unsigned mask = 0; mask < kMasks; ++mask)
    if (quorum(a, mask) && quorum(b, ~mask & (kMasks - 1))) return false;
  return true;
}

}  // namespace

TEST_CASE("the greatest value of a quorum is what brute force finds") {
  Prng prng(1);
  for (int n = 0; n < 2000; ++n) {
    const Membership membership = random_membership(prng);
    std::vector<std::uint64_t> values;
    for (std::uint64_t id = 0; id <= kIds; ++id) values.push_back(prng.below(6));
    const auto value_of = [&](MemberId id) { return values[id.value()]; };
    std::uint64_t expected = 0;
    for (std::uint64_t value = 1; value < 6; ++value) {
      unsigned mask = 0;
      for (std::uint64_t id = 1; id <= kIds; ++id) mask |= values[id] >= value ? 1u << (id - 1) : 0u;
      if (quorum(membership, mask)) expected = value;
    }
    REQUIRE(quorum_value(membership, value_of) == expected);
  }
}

TEST_CASE("votes are won or lost exactly when nothing that is still open can change it") {
  Prng prng(2);
  for (int n = 0; n < 2000; ++n) {
    const Membership membership = random_membership(prng);
    std::map<MemberId, bool> votes;
    unsigned granted = 0;
    unsigned possible = kMasks - 1;
    for (std::uint64_t id = 1; id <= kIds; ++id) {
      const auto vote = prng.below(3);
      if (vote == 0) continue;
      votes[MemberId(id)] = vote == 1;
      if (vote == 1) granted |= 1u << (id - 1);
      if (vote == 2) possible &= ~(1u << (id - 1));
    }
    Tally expected = Tally::open;
    if (quorum(membership, granted)) expected = Tally::won;
    if (!quorum(membership, possible)) expected = Tally::lost;
    REQUIRE(tally(membership, votes) == expected);
  }
}

TEST_CASE("a change reaches its target, through a joint membership if it must, and majorities overlap at every step") {
  Prng prng(3);
  for (int n = 0; n < 3000; ++n) {
    const Membership current = settled(random_target(prng));
    const Target target = random_target(prng);
    const auto planned = plan_change(current, records(target.voters), records(target.learners));
    REQUIRE(planned.has_value());
    REQUIRE(is_well_formed(*planned));
    REQUIRE(overlap(current, *planned));
    if (!planned->is_joint()) {
      REQUIRE(*planned == settled(target));
      continue;
    }
    REQUIRE(planned->voters == target.voters);
    REQUIRE(planned->outgoing == current.voters);
    const Membership left = leave_joint(*planned);
    REQUIRE(is_well_formed(left));
    REQUIRE(left == settled(target));
    REQUIRE(overlap(*planned, left));
  }
}

TEST_CASE("a promotion makes voters of learners and keeps everybody else") {
  Prng prng(4);
  for (int n = 0; n < 2000; ++n) {
    const Target before = random_target(prng);
    std::vector<MemberId> promoted;
    for (const auto id : before.learners)
      if (prng.chance(1, 2)) promoted.push_back(id);
    if (promoted.empty()) continue;
    const auto planned = plan_promotion(settled(before), promoted);
    REQUIRE(planned.has_value());
    REQUIRE(overlap(settled(before), *planned));
    const Membership after = planned->is_joint() ? leave_joint(*planned) : *planned;
    REQUIRE(overlap(*planned, after));
    Target expected = before;
    expected.voters.insert(expected.voters.end(), promoted.begin(), promoted.end());
    std::sort(expected.voters.begin(), expected.voters.end());
    std::erase_if(expected.learners,
                  [&](MemberId id) { return std::find(promoted.begin(), promoted.end(), id) != promoted.end(); });
    REQUIRE(after == settled(expected));
  }
}

TEST_CASE("the membership in force is the last one in the log, and truncation brings back the former") {
  Prng prng(5);
  for (int n = 0; n < 300; ++n) {
    std::map<Index, Membership> model{{Index(0), settled(random_target(prng))}};
    MembershipLog log(Index(0), model[Index(0)]);
    std::uint64_t last = 0;
    std::uint64_t base = 0;
    for (int step = 0; step < 60; ++step) {
      const auto what = prng.below(4);
      if (what < 2) {
        last += prng.between(1, 3);
        log.append(Index(last), model[Index(last)] = settled(random_target(prng)));
      } else if (what == 2 && last > base) {
        const std::uint64_t from = prng.between(base + 1, last);
        log.truncate_from(Index(from));
        model.erase(model.lower_bound(Index(from)), model.end());
        last = from - 1;
      } else if (what == 3) {
        base = prng.between(base, last);
        log.compact(Index(base));
      }
      REQUIRE(log.in_force() == model.rbegin()->second);
    }
  }
}
