#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conclave/codec/peer_codec.hpp"
#include "conclave/engine/engine.hpp"
#include "core/clock.hpp"
#include "engine/client_door.hpp"
#include "engine/engine_world.hpp"
#include "engine/sim_storage.hpp"

namespace conclave::sim {

class PeerMesh;

/// One member: the real engine over a simulated disk, clock and network, its messages in frames of the real codec.
class EngineNode final : public engine::PeerLinks {
 public:
  EngineNode(EngineWorld& shared, PeerMesh& mesh, engine::Config config, const raft::Membership& bootstrap, std::int64_t drift_ppm);
  ~EngineNode() override;

  [[nodiscard]] MemberId id() const { return config_.self; }
  [[nodiscard]] bool is_up() const { return engine_ != nullptr; }
  [[nodiscard]] bool is_paused() const { return paused_; }
  [[nodiscard]] const engine::Engine* engine() const { return engine_.get(); }
  [[nodiscard]] SimStorage& storage() { return storage_; }
  [[nodiscard]] ClientDoor& door() { return door_; }
  [[nodiscard]] const engine::Config& config() const { return config_; }
  /// Whether this member's membership names `other`.
  [[nodiscard]] bool knows(MemberId other) const { return known_.contains(other); }

  void boot();
  void crash();
  void pause(Duration span, bool clock_stops);
  void resume();
  /// Asks the engine to end in order; it starts again a little later.
  void shut_down() { deliver(engine::ShutdownAsked{}); }
  /// Now, or after the pause, or never if the process ends before.
  void deliver(engine::Event event);

  // engine::PeerLinks
  void send(MemberId to, engine::PeerMessage message) override;
  void set_members(const raft::Membership& membership) override;

 private:
  void receive(MemberId from, const std::string& frame);
  void wake(Instant when);
  void run();
  void observe(raft::Stamp before);
  void hear(const engine::Event& event);
  void end(const Error& why);

  EngineWorld& shared_;
  PeerMesh& mesh_;
  engine::Config config_;
  SimStorage storage_;
  ClientDoor door_;
  NodeClock clock_;
  Prng prng_;
  NullLogSink log_;
  codec::PeerEncoder encoder_;
  std::uint64_t life_ = 0;

  std::unique_ptr<engine::StateStore> state_watch_;  // hands on to the storage and tells the oracle
  std::unique_ptr<engine::LogStore> log_watch_;
  std::unique_ptr<engine::Engine> engine_;
  std::set<MemberId> known_;
  bool paused_ = false;
  std::uint64_t pauses_ = 0;
  std::vector<engine::Event> inbox_;
  std::optional<Instant> wake_at_;
  raft::Stamp heard_;  // the greatest stamp in what others said since the last run
};

}  // namespace conclave::sim
