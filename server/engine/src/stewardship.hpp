#pragma once

#include <map>
#include <optional>
#include <vector>

#include "checkpoint_turns.hpp"
#include "conclave/engine/event.hpp"
#include "context.hpp"
#include "proposals.hpp"

namespace conclave::engine {

/// What a leader does for the cluster beside replicating: it records the incarnations of members it met, raises the machine version
/// when every member can speak it, gives out the turns for checkpoints, moves leadership on request, before a shutdown, or when its
/// own disk runs out of room or stalls.
class Stewardship {
 public:
  Stewardship(Context& context, Proposals& proposals, CheckpointKeeper& checkpoints);

  // --- Inputs
  // ---------------------------------------------------------------------------------------------------------------------
  void on_peer_connected(MemberId peer, Incarnation incarnation);
  void on_peer_closed(MemberId peer);
  void on_news(MemberId from, const MemberNews& news);
  void on_disk_changed() { tell_all(); }
  /// So many clients are connected.
  void on_clients(std::size_t count);
  /// False: none for a while, and the others know.
  [[nodiscard]] bool serves_clients() const { return serves_clients_; }
  void on_leader_changed();
  void move_leader(ConnectionId connection, RequestId request, MemberId to);
  void on_connection_closed(ConnectionId connection);
  /// Starts handing over; done() tells when the process may go.
  void shut_down();

  // --- Each tick
  // ------------------------------------------------------------------------------------------------------------------
  void tick();
  [[nodiscard]] bool shutting_down() const { return shutdown_since_.has_value(); }
  [[nodiscard]] bool done() const;

 private:
  struct Mover {
    ConnectionId connection;
    RequestId request;
    MemberId from;
    Instant since;
  };
  struct Peer {
    Incarnation incarnation;
    bool connected = false;
    MemberNews news;
  };

  void look_at_clients();
  void record_members();
  void raise_machine_version();
  void hand_over();
  void send_news(MemberId to) const;
  void tell_all() const;
  [[nodiscard]] std::optional<MemberId> best_successor() const;

  Context& context_;
  Proposals& proposals_;
  CheckpointTurns turns_;
  std::map<MemberId, Peer> peers_;
  std::vector<Mover> movers_;
  std::optional<Instant> shutdown_since_;
  bool version_proposed_ = false;
  Instant next_hand_over_{};
  bool serves_clients_ = true;           ///< what the others were told
  std::optional<Instant> clients_left_;  ///< nothing: some are there
};

}  // namespace conclave::engine
