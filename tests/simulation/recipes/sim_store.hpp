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
  client::QueuedUp queue_up(Write place, Instant deadline, Callback done, TurnOptions turn, Notice notice) override;
  void unwatch(client::LocalWatchId watch) override;
  void keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<recipes::core::LeaseView> view) override;
  void forget_lease(LeaseId lease) override;
  recipes::core::TimerId call_at(Instant when, std::function<void()> work) override;
  void cancel_timer(recipes::core::TimerId timer) override;
  [[nodiscard]] bool is_closed() const override { return closed_; }

  [[nodiscard]] Endpoint endpoint() const { return client_.endpoint(); }
  /// The process died.
  void close();
  /// Notices of watches and turns that came, but for those that tell of progress alone.
  [[nodiscard]] std::uint64_t notices() const { return notices_; }
  /// Requests that were made.
  [[nodiscard]] std::uint64_t reads() const { return reads_; }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  /// Places that were asked for together with their turn.
  [[nodiscard]] std::uint64_t queued_up() const { return queued_up_; }
  /// By this process's clock: until when it could trust a lease at most, which is not past its death.
  [[nodiscard]] Instant trusted_until(LeaseId lease) const;

 private:
  Notice counted(const std::shared_ptr<Notice>& notice);
  std::function<void(const Result<Reply>&)> once(Callback done);
  [[nodiscard]] Duration patience(Instant deadline) const;
  template <class Options, class Begin>
  client::LocalWatchId begin_watch(const Options& options, Notice notice, Begin begin);
  void refresh();

  EngineWorld& shared_;
  SimClient& client_;
  Prng prng_;
  bool closed_ = false;
  std::uint64_t calls_ = 0;
  std::uint64_t timers_made_ = 0;
  std::uint64_t notices_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t queued_up_ = 0;
  std::map<LeaseId, Instant> trusted_;
  std::map<std::uint64_t, Callback> waiting_;
  std::map<recipes::core::TimerId, std::function<void()>> timers_;
  std::map<client::LocalWatchId, std::shared_ptr<Notice>> watches_;
  std::map<LeaseId, std::shared_ptr<recipes::core::LeaseView>> leases_;
};

}  // namespace conclave::sim
