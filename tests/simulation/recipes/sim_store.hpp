#pragma once

#include <map>
#include <memory>

#include "conclave/recipes_core/store.hpp"
#include "engine/sim_client.hpp"

namespace conclave::sim {

/// A simulated client process as recipes see it, for one life of the process: when it dies everything that waits fails.
class SimStore final : public recipes::core::Store {
 public:
  SimStore(EngineWorld& shared, SimClient& client);

  [[nodiscard]] Instant now() const override { return client_.now(); }
  [[nodiscard]] std::int64_t wall_millis() const override;
  [[nodiscard]] std::uint64_t random() override { return prng_.next(); }
  client::OperationId submit(Request request, Instant deadline, Callback done) override;
  void cancel(client::OperationId operation) override;
  client::LocalWatchId watch(WatchOptions options, Notice notice) override;
  client::LocalWatchId watch_turn(TurnOptions options, Notice notice) override;
  void unwatch(client::LocalWatchId watch) override;
  void keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<recipes::core::LeaseView> view) override;
  void forget_lease(LeaseId lease) override;
  recipes::core::TimerId call_at(Instant when, std::function<void()> work) override;
  void cancel_timer(recipes::core::TimerId timer) override;
  [[nodiscard]] bool is_closed() const override { return closed_; }

  /// The process died.
  void close();
  /// Watches that were made and turns that came.
  [[nodiscard]] std::uint64_t notices() const { return notices_; }

 private:
  Notice counted(Notice notice);
  void refresh();

  EngineWorld& shared_;
  SimClient& client_;
  Prng prng_;
  bool closed_ = false;
  std::uint64_t calls_ = 0;
  std::uint64_t timers_made_ = 0;
  std::uint64_t notices_ = 0;
  std::map<std::uint64_t, Callback> waiting_;
  std::map<recipes::core::TimerId, std::function<void()>> timers_;
  std::map<client::LocalWatchId, Notice> watches_;
  std::map<LeaseId, std::shared_ptr<recipes::core::LeaseView>> leases_;
};

}  // namespace conclave::sim
