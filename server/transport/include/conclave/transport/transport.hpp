#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>

#include "conclave/base/log_sink.hpp"
#include "conclave/base/result.hpp"
#include "conclave/engine/event.hpp"
#include "conclave/engine/ports.hpp"
#include "conclave/transport/config.hpp"
#include "conclave/transport/counters.hpp"

namespace asio {
class io_context;
}

namespace conclave::transport {

/// What handshakes tell about this member at the moment.
struct MemberNow {
  MemberId leader;  ///< zero: none known
  Term term;
  Revision revision;
  bool has_entries = false;  ///< its log or state is not empty
};

/// What the loop drives: an engine, or a recorder in tests. Called on the thread that runs the loop only.
class Driven {
 public:
  virtual ~Driven() = default;
  virtual void deliver(engine::Event event) = 0;
  virtual void run_once(Instant now) = 0;
  /// After each pass, when everything it had to say is on its way: the place for what may block. False: meanwhile another thread
  /// has taken the loop over; this one leaves run() at once and touches nothing more.
  [[nodiscard]] virtual bool pass_ended() { return true; }
  [[nodiscard]] virtual Instant next_deadline() const = 0;
  [[nodiscard]] virtual bool finished() const = 0;
  [[nodiscard]] virtual MemberNow now() const = 0;
};

/// Sockets, TLS and timers of one member: the two listeners, the links to clients and peers, and the loop that drives the engine.
/// Everything happens on the thread that is in run(), except post() and wake-ups, which any thread may call.
class Transport {
 public:
  /// Binds both ports and loads the certificates; nothing is accepted before run(). Errors name the address or file. Ignores
  /// SIGPIPE for the process: TLS writes to a closed socket must be errors. `log` outlives the transport and is called on the loop
  /// thread.
  [[nodiscard]] static Result<std::unique_ptr<Transport>> open(const Config& config, LogSink& log);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  [[nodiscard]] engine::PeerLinks& peers();
  [[nodiscard]] engine::ClientLinks& clients();
  [[nodiscard]] const Counters& counters() const;
  /// The ports in use, also when the system chose them.
  [[nodiscard]] std::uint16_t client_port() const;
  [[nodiscard]] std::uint16_t peer_port() const;

  /// The loop, for others that listen in this process: their handlers run on the loop thread, between two passes of the engine.
  [[nodiscard]] asio::io_context& io();
  /// Hands an event to the engine from any thread; wakes the loop only if it sleeps.
  void post(engine::Event event);
  /// Calls `handler` on the loop thread for each of these signals. At most once, before run().
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> handler);
  /// Called on the loop thread when a peer says that the cluster knows this member with another data directory.
  void on_disowned(std::function<void(const Error&)> handler);
  /// Reads the certificate files again now, not only when they changed.
  void reload_certificates();

  /// The time base of run(): this process's monotonic clock.
  [[nodiscard]] static Instant clock();
  /// Accepts, and drives until `driven` is finished. Then says farewell to everybody, closes everything and returns true. False:
  /// the loop was taken over from this thread (Driven::pass_ended); whoever did calls run() again with the same `driven`.
  [[nodiscard]] bool run(Driven& driven);

 private:
  struct Parts;
  explicit Transport(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace conclave::transport
