#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>

#include "conclave/test/history.hpp"
#include "engine/program.hpp"
#include "engine/sim_client.hpp"

namespace conclave::sim {

/// What one client program does, and what it checks while it does it: registers, watches, leases under fair locks with guarded
/// writes, compaction.
class Workload final : public Program {
 public:
  Workload(EngineWorld& shared, SimClient& client, test::History& history);

  void start() override;
  void stop() override { stopped_ = true; }
  void prove_life() override;
  [[nodiscard]] bool alive() const override { return alive_; }
  void judge(Revision revision) const override;
  [[nodiscard]] bool watched_up_to(Revision revision) const override;
  void lease_ended(LeaseId lease) const override;

 private:
  struct Watch {
    std::unique_ptr<test::WatchChecker> checker;
    client::LocalWatchId id;
    WatchOptions options;
    bool ended = false;
    bool known_start = false;
  };
  void later();
  void step();
  void put();
  void get();
  void get_stale();
  void get_all();
  void read_old();
  void erase();
  void swap();
  void compact();
  void watch_something();
  void notice(std::size_t watch, const WatchNotice& notice);
  void lock();
  void queue_up(LeaseId lease, milliseconds ttl);
  std::function<void(const WatchNotice&)> turn_notice(LeaseId lease, const std::string& key,
                                                      const std::shared_ptr<Revision>& create);
  void turn(LeaseId lease, const std::string& key, Revision create, const TurnFired& fired);
  void write_guarded(LeaseId lease, const std::string& key, Revision create);
  void leave(LeaseId lease, const std::string& key);
  void record(test::Action action, Request request, std::function<test::Answer(const Reply&)> read_answer);
  [[nodiscard]] std::string value();
  [[nodiscard]] std::string any_key();
  [[nodiscard]] test::Moment moment() const { return shared_.world.now().time_since_epoch().count(); }
  void restarted();

  EngineWorld& shared_;
  SimClient& client_;
  test::History& history_;
  Prng prng_;
  std::uint64_t values_ = 0;
  std::uint64_t lives_ = 0;
  std::deque<Watch> watches_;
  std::set<LeaseId> given_up_;
  std::size_t locks_ = 0;
  std::map<std::string, Revision> seen_;  // mod revisions of keys, for swaps
  bool stopped_ = false;
  bool alive_ = false;
};

}  // namespace conclave::sim
