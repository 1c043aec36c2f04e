#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "conclave/test/catch.hpp"
#include "engine/engine_cluster.hpp"
#include "recipes/mortal.hpp"

namespace conclave::sim {

/// A client that does nothing by itself.
class Idle final : public Program {
 public:
  void start() override {}
  void stop() override {}
  void prove_life() override {}
  [[nodiscard]] bool alive() const override { return true; }
  void judge(Revision) const override {}
  [[nodiscard]] bool watched_up_to(Revision) const override { return true; }
  void lease_ended(LeaseId) const override {}
};

/// Requests that were sent and notices of watches that came.
struct Cost {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t notices = 0;
  bool operator==(const Cost&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Cost& cost) {
  return out << cost.reads << " reads, " << cost.writes << " writes, " << cost.notices << " notices";
}

/// One member, two processes. What waits is started first and looked at later.
class Bench {
 public:
  Bench() {
    swarm_.members = swarm_.voters = 1;
    const auto make = [this](EngineWorld& shared, SimClient& client, test::History&) {
      shared_ = &shared;
      clients_.push_back(&client);
      return std::make_unique<Idle>();
    };
    cluster_ = std::make_unique<EngineCluster>(world_, network_, raft_, store_, swarm_, make);
    cluster_->start();
    one = std::make_shared<Life>(*shared_, *clients_.at(0), seconds(10));
    other = std::make_shared<Life>(*shared_, *clients_.at(1), seconds(10));
    pass(seconds(5));
  }
  ~Bench() {
    one->store.close();
    other->store.close();
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  template <class T>
  using Later = std::shared_ptr<std::optional<Result<T>>>;

  template <class T>
  Later<T> begin(recipes::core::Task<Result<T>> task) {
    const auto later = std::make_shared<std::optional<Result<T>>>();
    recipes::core::start(std::move(task), [later](Result<T> result) { later->emplace(std::move(result)); });
    return later;
  }
  template <class T>
  T end(const Later<T>& later) {
    for (int step = 0; step < 1000 && !*later; ++step) pass(milliseconds(10));
    REQUIRE(later->has_value());
    INFO(((*later)->has_value() ? std::string() : (*later)->error().message()));
    REQUIRE((*later)->has_value());
    return std::move(***later);
  }
  template <class T>
  T run(recipes::core::Task<Result<T>> task) {
    return end(begin(std::move(task)));
  }
  void pass(Duration span) { world_.run_until(world_.now() + span); }

  /// What both processes did since the last call, once everything is quiet.
  Cost since() {
    pass(seconds(1));
    Cost now;
    for (const auto& life : {one, other}) {
      now.reads += life->store.reads();
      now.writes += life->store.writes();
      now.notices += life->store.notices();
    }
    const Cost last = std::exchange(last_, now);
    return {now.reads - last.reads, now.writes - last.writes, now.notices - last.notices};
  }

  LifePtr one;
  LifePtr other;

 private:
  World world_{1};
  Swarm swarm_;
  Network network_{world_, swarm_.network};
  RaftOracle raft_;
  StoreOracle store_{world_};
  EngineWorld* shared_ = nullptr;
  std::vector<SimClient*> clients_;
  std::unique_ptr<EngineCluster> cluster_;
  Cost last_;
};

}  // namespace conclave::sim
