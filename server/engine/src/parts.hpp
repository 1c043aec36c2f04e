#pragma once

#include <deque>
#include <vector>

#include "conclave/base/arena.hpp"
#include "conclave/engine/engine.hpp"
#include "context.hpp"
#include "lease_keeper.hpp"
#include "membership_keeper.hpp"
#include "proposals.hpp"
#include "reads.hpp"
#include "stewardship.hpp"
#include "upkeep.hpp"
#include "watch_feed.hpp"

namespace conclave::engine {

/// The engine's insides. inputs.cpp says what each event does, engine.cpp what a pass does, apply.cpp how entries reach the state.
struct Engine::Parts {
  Parts(const Config& config, Recovered recovered, const Ports& ports, LogSink& log, Prng prng, Instant now);

  // inputs.cpp
  void handle(Event& event);
  void handle_request(ClientAsked& asked);
  void handle_write(ConnectionId connection, RequestId request, WriteRequest& write);
  void handle_peer(PeerSaid& said);
  void handle_durable(const LogDurable& durable);
  void handle_machine(MachineLoaded& loaded);
  void handle_disk(const DiskSpace& space);

  // engine.cpp
  void run_ticks();
  void tick();
  void work();
  bool carry_out_ready();
  void carry_out(raft::Ready& ready);
  void allow_on_disk();
  void leader_changed();
  void watch_for_silence();
  [[nodiscard]] StatusReply status() const;

  // apply.cpp
  void queue_to_apply(const std::vector<raft::EntryPtr>& entries);
  [[nodiscard]] bool applying_can_wait() const;
  void apply_queued();
  void apply(const raft::Entry& entry);
  void tell(const mvcc::Batch& batch, mvcc::ApplyResult& result);

  raft::Membership applied_membership;  ///< of the start
  Context context;
  Proposals proposals;
  Reads reads;
  LeaseKeeper leases;
  WatchFeed watches;
  CheckpointKeeper checkpoints;
  HistoryKeeper history;
  HashKeeper hashes;
  Stewardship stewardship;
  MembershipKeeper members;

  std::vector<Event> inbox;
  std::map<ConnectionId, std::string> identities;
  std::deque<raft::EntryPtr> to_apply;
  std::size_t to_apply_bytes = 0;         ///< of entries that came since all were applied
  std::size_t applied_bytes = 0;          ///< of entries that came to be applied in this pass
  Index log_durable;                      ///< as raft said last
  Index durable;                          ///< last told to the state store
  std::optional<raft::Write> installing;  ///< the install write whose machine is not loaded yet; its entries are empty
  bool install_durable = false;
  raft::WriteId last_durable;
  Arena arena;

  Instant next_tick;
  Instant last_run;
  Instant leader_seen;  ///< when a leader was last known
  bool told_silence = false;
  std::optional<MemberId> known_leader;
  bool was_leader = false;
  Term known_term;
};

}  // namespace conclave::engine
