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

/// What happened in a run: one in which nothing happens proves nothing.
struct Happened {
  std::size_t leaders = 0;
  std::size_t applied = 0;
  std::size_t truncations = 0;
  std::size_t installs = 0;
  std::size_t log_reads = 0;
  std::size_t memberships = 0;
  std::size_t reads_granted = 0;
  std::size_t reads_lost = 0;
  std::size_t lost = 0;
  std::size_t unknown = 0;
  std::size_t crashes = 0;
};

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
  [[nodiscard]] const Happened& happened() const { return happened_; }
  [[nodiscard]] std::string describe_all() const;

 private:
  struct InFlight {
    MemberId from;
    MemberId to;
    Message message;
  };
  enum class Action : std::uint8_t {
    deliver,
    tick,
    ready,
    disk,
    execute,
    apply,
    answer,
    propose,
    read,
    crash,
    restart,
    compact,
    change,
    transfer,
    link,
    partition,
    heal,
    drop,
    duplicate,
  };
  using Odds = std::vector<std::pair<Action, std::uint64_t>>;

  [[nodiscard]] static Odds draw_odds(Prng& prng);
  [[nodiscard]] Action draw_action();
  [[nodiscard]] static Config draw_limits(Prng& prng);
  void build();
  void act(Action action, Member& member);
  void disturb(Action action, Member& member);

  void take(Member& member);
  void finish_some_writes(Member& member);
  void finish_some_apply(Member& member);
  void answer(Member& member, bool faults);
  void deliver_one();
  void deliver(InFlight message);
  void crash(Member& member);
  void close_some_link(Member& member);
  void propose(Member& member);
  void begin_read(Member& member);
  void change_membership(Member& member);
  void partition();
  void count(const Ready& ready);
  void check_grants(const Member& member, const Ready& ready);
  void check_applied(const Member& member, const std::vector<EntryPtr>& entries);
  void work_off(Member& member);
  [[nodiscard]] Member& any_member();
  /// One that leads or thinks so, if there is one.
  [[nodiscard]] Member& any_leader();
  [[nodiscard]] bool agreed(const EntryId& id) const;
  void note_commit(const Member& member);

  Prng prng_;
  Odds odds_;
  Config limits_;
  std::uint64_t brisk_;  ///< of eight times: the disk does not tarry
  std::map<MemberId, std::unique_ptr<Member>> members_;
  std::deque<InFlight> network_;
  std::set<std::pair<MemberId, MemberId>> cut_;
  Oracle oracle_;
  Index committed_;  ///< the greatest commit index anybody ever had
  std::map<std::pair<MemberId, ReadRoundId>, Index> reads_;
  std::map<EntryId, std::string> proposals_;
  std::uint64_t counter_ = 0;
  Happened happened_;
};

}  // namespace conclave::raft::test
