#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conclave/base/prng.hpp"
#include "interaction_member.hpp"
#include "interaction_oracle.hpp"

/// Several cores on a random network with random disks. One seed, one run: limits, faults and their frequencies are drawn from it.
namespace conclave::raft::test {

class RandomCluster {
 public:
  explicit RandomCluster(std::uint64_t seed);

  /// One random action, then the checks of whoever it touched.
  void step();
  /// Log matching between all.
  void check_all_members() { oracle_.check_members(members_); }
  /// Ends all faults and lets everybody work. Returns nothing if the members of the membership agreed on one more proposal within
  /// `rounds`, else what is wrong.
  [[nodiscard]] std::optional<std::string> converge(int rounds);
  [[nodiscard]] const Oracle& oracle() const { return oracle_; }
  [[nodiscard]] std::string describe_all() const;

 private:
  struct InFlight {
    MemberId from;
    MemberId to;
    Message message;
  };
  struct Odds {  ///< of a thousand actions
    std::uint64_t tick, ready, disk, execute, apply, deliver, duplicate, drop, answer, propose, read, crash, restart, compact,
        change, transfer, link, partition, heal;
  };

  [[nodiscard]] static Odds draw_odds(Prng& prng);
  [[nodiscard]] static Config draw_limits(Prng& prng);
  void build();
  void act(std::uint64_t dice);
  void act_on_cluster(std::uint64_t dice, Member& member);

  void take(Member& member);
  void finish_some_writes(Member& member);
  void finish_some_apply(Member& member);
  void answer(Member& member, bool faults);
  void deliver_one();
  void deliver(InFlight message);
  void propose(Member& member);
  void begin_read(Member& member);
  void change_membership(Member& member);
  void partition();
  void check_grants(const Member& member, const Ready& ready);
  void check_applied(const Member& member, const std::vector<EntryPtr>& entries);
  void work_off(Member& member);
  [[nodiscard]] Member& any_member();
  [[nodiscard]] bool agreed(const EntryId& id) const;
  void note_commit(const Member& member);

  Prng prng_;
  Odds odds_;
  Config limits_;
  std::map<MemberId, std::unique_ptr<Member>> members_;
  std::vector<InFlight> network_;
  std::set<std::pair<MemberId, MemberId>> cut_;
  Oracle oracle_;
  Index committed_;  ///< the greatest commit index anybody ever had
  std::map<std::pair<MemberId, ReadRoundId>, Index> reads_;
  std::map<EntryId, std::string> proposals_;
  std::uint64_t counter_ = 0;
};

}  // namespace conclave::raft::test
