#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conclave/base/bytes.hpp"
#include "conclave/base/prng.hpp"
#include "conclave/base/time.hpp"
#include "conclave/client/request.hpp"
#include "conclave/client/types.hpp"
#include "conclave/protocol/frame.hpp"

/// The client as a pure state machine: which member to talk to, what to send again, what to tell the program. The same code runs in the
/// program's client over Asio and in the simulation.
namespace conclave::client {

struct SessionOptions {
  std::vector<std::string> endpoints;          ///< HOST:PORT, at least one
  bool follow_leader = true;                   ///< learn the members' addresses and prefer the leader
  bool use_session = true;                     ///< exactly-once writes; without it a write whose answer is lost is unknown
  std::chrono::milliseconds session_ttl = std::chrono::seconds(15);
  std::string owner;                           ///< shown beside the session's lease
  Duration connect_timeout = seconds(2);
  Duration backoff_min = milliseconds(20);
  Duration backoff_max = seconds(1);
  Duration ping_interval = seconds(1);         ///< when nothing else is received
  Duration silence_max = seconds(3);           ///< nothing received for so long: the link is dead
  std::size_t requests_in_flight_max = 1024;
  std::size_t requests_queued_max = 65'536;    ///< beyond: overloaded
  std::uint32_t drift_ppm = 1000;              ///< how much the clocks may drift apart: part of every local deadline
  ClusterId cluster;                           ///< expected; zero: the first one met
};

/// How safe a lease is, judged by the local clock alone.
enum class LeaseHealth : std::uint8_t {
  alive,
  jeopardy,  ///< no renewal was acknowledged for half a TTL
  lost,      ///< the server may have given it up: stop what depends on it
};

using OperationId = StrongId<struct OperationIdTag>;
using LocalWatchId = StrongId<struct LocalWatchIdTag>;
using LinkId = StrongId<struct LinkIdTag>;  ///< one connection attempt; never reused

/// A place in a queue that is being taken, and its turn.
struct QueuedUp {
  OperationId place;
  LocalWatchId turn;
};

/// What the glue has to do. Links are at most two at a time.
struct Connect {
  LinkId link;
  std::string endpoint;
};
struct Send {
  LinkId link;
  Bytes frame;
};
struct Disconnect {
  LinkId link;
};
struct Completed {
  OperationId operation;
  Result<Reply> outcome;
};
/// One notice to all these watches, in this order; never none. What a frame tells many watches is decoded and kept once.
struct WatchTold {
  std::vector<LocalWatchId> watches;
  WatchNotice notice;
};
struct LeaseTold {
  LeaseId lease;
  LeaseHealth health = LeaseHealth::alive;
};
using Action = std::variant<Connect, Send, Disconnect, Completed, WatchTold, LeaseTold>;

/// Passive: inputs are calls, what follows is taken with take_actions(). Any number of inputs may come before it: it makes one pass for
/// all of them, and until then next_deadline() is due. Time is passed in and must come from a clock that goes on while the machine
/// sleeps (CLOCK_BOOTTIME). Not thread-safe.
class SessionCore {
 public:
  SessionCore(SessionOptions options, Prng prng, Instant now);
  ~SessionCore();

  // --- The program ----------------------------------------------------------------------------------------------------------------
  /// Completed exactly once. Writes with a session, reads and questions are sent again after a lost link until `deadline`; then the error
  /// is definite (not_sent) if no try may have taken effect, else timeout.
  OperationId submit(Request&& request, Instant deadline, Instant now);
  /// Cancelled if it was not sent yet or is a read; else it stays and its outcome is unknown. Completed comes either way.
  void cancel(OperationId operation);
  LocalWatchId watch(WatchOptions options, Instant now);
  LocalWatchId watch_turn(TurnOptions options, Instant now);
  /// submit() of a write that makes a key, and watch_turn() of that key, which travels with it if the member knows how, so that no
  /// round trip is between them. `turn.own_key` empty: the key that a sequence put completes. If the write fails, or no key is
  /// known that it made, the watch ends after it with `cancelled`.
  QueuedUp queue_up(Write&& place, Instant deadline, TurnOptions turn, Instant now);
  /// No notice comes after it. An unknown watch is ignored.
  void unwatch(LocalWatchId watch);
  /// Renews `lease` every TTL/5 from now on and tells when its health changes. `granted_at`: when the grant was *sent*.
  /// A TTL that is less than the granted one counts instead: the lease is lost here so much before the servers end it.
  void keep_alive(LeaseId lease, std::chrono::milliseconds ttl, Instant granted_at);
  void forget_lease(LeaseId lease);
  /// Closes the session and fails everything that waits; the glue closes links after the next take_actions().
  void close(Instant now);

  // --- The network ----------------------------------------------------------------------------------------------------------------
  /// The link is up, TLS included; the core sends its hello.
  void on_connected(LinkId link, Instant now);
  void on_frame(LinkId link, const protocol::Frame& frame, Instant now);
  /// It could not be made, broke, or was closed; not called after Disconnect.
  void on_closed(LinkId link, const Error& why, Instant now);
  void on_time(Instant now);

  // --- Outputs --------------------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::vector<Action> take_actions();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  /// Leases kept alive whose lease_deadline() may have grown since the last call.
  [[nodiscard]] std::vector<LeaseId> take_extended_leases();

  // --- Observers ------------------------------------------------------------------------------------------------------------------
  [[nodiscard]] LeaseId session() const;                  ///< zero: none open
  [[nodiscard]] std::optional<LeaseHealth> lease_health(LeaseId lease, Instant now) const;
  /// The local deadline of a lease that is kept alive: it is lost from then on unless a renewal is acknowledged before.
  [[nodiscard]] std::optional<Instant> lease_deadline(LeaseId lease) const;
  [[nodiscard]] bool connected() const;
  [[nodiscard]] ClusterId cluster() const;
  [[nodiscard]] const std::string& last_link_error() const;  ///< why the newest link failed, for messages

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::client
