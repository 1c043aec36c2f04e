#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conclave/client/session_core.hpp"
#include "core/clock.hpp"
#include "engine/engine_world.hpp"

namespace conclave::sim {

/// A client process: the real session core over the simulated network.
class SimClient {
 public:
  using Outcome = Result<Reply>;
  using OnOutcome = std::function<void(const Outcome&)>;
  using OnNotice = std::function<void(const WatchNotice&)>;

  SimClient(EngineWorld& shared, Endpoint endpoint, const client::SessionOptions& options, std::int64_t drift_ppm);

  [[nodiscard]] Endpoint endpoint() const { return endpoint_; }
  [[nodiscard]] client::SessionCore& core() { return *core_; }
  /// This process's own clock.
  [[nodiscard]] Instant now() const { return clock_.local(shared_.world.now()); }

  client::OperationId submit(Request request, Duration patience, OnOutcome on_outcome);
  void cancel(client::OperationId operation);
  client::LocalWatchId watch(const WatchOptions& options, OnNotice on_notice);
  client::LocalWatchId watch_turn(const TurnOptions& options, OnNotice on_notice);
  client::QueuedUp queue_up(Write place, Duration patience, OnOutcome on_outcome, const TurnOptions& turn, OnNotice on_notice);
  void unwatch(client::LocalWatchId watch);
  void keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at);
  void forget_lease(LeaseId lease);
  /// The process dies without a word: what it asked is never answered, its leases are renewed no more.
  void crash();
  std::function<void()> on_crash = [] {};
  /// The process is stopped (SIGSTOP) for a while; its clock goes on, and what comes meanwhile waits for it.
  void pause(Duration span);
  [[nodiscard]] bool is_paused() const { return paused_; }
  /// Runs `work` when this process's clock shows `when`; later if it is stopped then, never if it dies before.
  void call_at(Instant when, std::function<void()> work);
  /// News of leases, and the end of every round of work of the core.
  std::function<void(const client::LeaseTold&)> on_lease = [](const client::LeaseTold&) {};
  std::function<void()> on_pumped = [] {};

  // The network.
  void receive(std::uint64_t link, const std::string& bytes);
  void lost(std::uint64_t link);

 private:
  struct Link {
    engine::ConnectionId connection;
    MemberId member;
    bool up = false;
    std::unique_ptr<protocol::FrameParser> parser;
  };
  void start();
  void pump();
  void carry_out(const client::Action& action);
  void connect(const client::Connect& connect);
  void connected(std::uint64_t link);
  void send(const client::Send& send);
  void disconnect(std::uint64_t link);
  void schedule();
  void resume();
  /// Now, or when the process goes on.
  void when_running(std::function<void()> work);

  EngineWorld& shared_;
  Endpoint endpoint_;
  client::SessionOptions options_;
  NodeClock clock_;
  Prng prng_;
  std::uint64_t life_ = 0;
  std::unique_ptr<client::SessionCore> core_;
  /// Link numbers of one life begin anew, so the network knows them with the life in front.
  std::map<std::uint64_t, Link> links_;
  std::map<client::OperationId, OnOutcome> operations_;
  std::map<client::LocalWatchId, OnNotice> watches_;
  std::optional<Instant> wake_at_;
  bool pumping_ = false;
  bool paused_ = false;
  std::vector<std::function<void()>> meanwhile_;  ///< what came while it was stopped
};

}  // namespace conclave::sim
