#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "interaction_bench.hpp"
#include "interaction_member.hpp"
#include "interaction_oracle.hpp"

/// A whole cluster that runs by ticks. Without faults every tick ends when there is nothing left to do; with faults messages are
/// lost, doubled and late, and disks take their time. The oracle watches every step and throws.
namespace conclave::raft::test {

struct NetworkOptions {
  std::vector<std::uint64_t> voters = {1, 2, 3};
  std::vector<std::uint64_t> learners = {};
  std::vector<std::uint64_t> joining = {};  ///< run, and know the membership, but are not in it yet
  std::uint64_t seed = 1;
  std::function<void(Config&)> configure = [](Config&) {};
};

struct Faults {
  std::uint64_t loss = 0;       ///< of a thousand messages
  std::uint64_t duplicate = 0;  ///< of a thousand messages
  std::uint64_t delay_ticks_max = 0;
  std::uint64_t disk_idle = 0;  ///< of a thousand chances a disk has to finish a write
  std::uint64_t apply_idle = 0;
};

class Network {
 public:
  explicit Network(const NetworkOptions& options = {});

  [[nodiscard]] Member& member(std::uint64_t id) { return *members_.at(MemberId(id)); }
  [[nodiscard]] Core& core(std::uint64_t id) { return member(id).core(); }
  [[nodiscard]] Status status(std::uint64_t id) { return core(id).status(); }
  [[nodiscard]] const std::map<MemberId, std::unique_ptr<Member>>& members() const { return members_; }
  [[nodiscard]] Prng& prng() { return prng_; }

  void tick(int count = 1);
  /// Everything that can be done now.
  void run();
  /// Ticks until one member leads with a committed first entry; returns it. Throws after many ticks.
  std::uint64_t elect();
  /// Ticks until `done`; false after `ticks_max`.
  [[nodiscard]] bool tick_until(const std::function<bool()>& done, int ticks_max = 500);
  /// Who leads in the newest term, or 0.
  [[nodiscard]] std::uint64_t leader() const;
  /// Proposes at the leader and runs; throws if refused.
  EntryId propose(const std::string& text);
  [[nodiscard]] bool all_applied(const std::vector<std::uint64_t>& ids, EntryId id) const;

  void isolate(std::uint64_t id);
  void cut(std::uint64_t from, std::uint64_t to) { cut_.insert({MemberId(from), MemberId(to)}); }
  void heal() { cut_.clear(); }
  void crash(std::uint64_t id);
  void restart(std::uint64_t id) { member(id).restart(prng_.next()); }

  Faults faults;
  std::vector<std::pair<MemberId, ReadGrant>> reads;
  std::vector<ReadRoundId> reads_lost;
  std::vector<EntryId> lost;
  std::vector<EntryId> unknown;
  std::size_t snapshot_chunks = 0;
  std::map<std::string, std::size_t> sent;  ///< messages by the first word of their text

 private:
  struct InFlight {
    std::uint64_t due = 0;
    MemberId from;
    MemberId to;
    Message message;
  };
  bool work(Member& member);
  bool deliver_due();
  void post(MemberId from, const Outbound& out);

  Prng prng_;
  std::map<MemberId, std::unique_ptr<Member>> members_;
  std::set<std::pair<MemberId, MemberId>> cut_;
  std::vector<InFlight> in_flight_;
  std::uint64_t now_ = 0;
  Oracle oracle_;
};

}  // namespace conclave::raft::test
