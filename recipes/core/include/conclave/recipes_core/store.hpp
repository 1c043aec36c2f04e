#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "conclave/base/ids.hpp"
#include "conclave/base/time.hpp"
#include "conclave/client/request.hpp"
#include "conclave/client/session_core.hpp"
#include "conclave/client/types.hpp"

namespace conclave::recipes::core {

using TimerId = StrongId<struct TimerIdTag>;

/// A lease that is kept alive, as its keeper tells of it.
struct LeaseView {
  /// The local deadline, in nanoseconds of Store::now(): the lease is lost from then on. Grows with each renewal; any thread reads
  /// it.
  std::atomic<std::int64_t> until{0};
  std::function<void(client::LeaseHealth)> told;
};

/// What recipes stand on: a client, seen from its own thread. All functions, and all callbacks, on that thread alone; a callback
/// comes never from within the call that asked for it, exactly once where a call promises one, also when the client is closed.
class Store {
 public:
  using Callback = std::function<void(Result<Reply>)>;
  using Notice = std::function<void(const WatchNotice&)>;

  virtual ~Store() = default;

  /// A clock that goes on while the machine sleeps; any thread.
  [[nodiscard]] virtual Instant now() const = 0;
  /// Milliseconds since 1970, for people to read; nothing is decided by it.
  [[nodiscard]] virtual std::int64_t wall_millis() const = 0;
  [[nodiscard]] virtual std::uint64_t random() = 0;

  /// Sent, and sent again, until `deadline`, with the outcomes of SessionCore::submit().
  virtual client::OperationId submit(Request request, Instant deadline, Callback done) = 0;
  /// `done` is called with cancelled, or with unknown_outcome if it is a write that may have been sent.
  virtual void cancel(client::OperationId operation) = 0;

  virtual client::LocalWatchId watch(WatchOptions options, Notice notice) = 0;
  virtual client::LocalWatchId watch_turn(TurnOptions options, Notice notice) = 0;
  /// A write that makes a key and the wait for its turn, SessionCore::queue_up(); both as if asked for by themselves.
  virtual client::QueuedUp queue_up(Write place, Instant deadline, Callback done, TurnOptions turn, Notice notice) = 0;
  virtual void unwatch(client::LocalWatchId watch) = 0;

  /// Renews the lease from now on and keeps `view` true. `granted_at`: when its grant was sent. `ttl`: for how long a renewal
  /// counts; not more than was granted.
  virtual void keep_alive(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<LeaseView> view) = 0;
  virtual void forget_lease(LeaseId lease) = 0;

  /// Once, at `when`, or as soon as the client is closed.
  virtual TimerId call_at(Instant when, std::function<void()> work) = 0;
  virtual void cancel_timer(TimerId timer) = 0;

  /// From then on nothing is sent any more: submissions fail with shutting_down, watches have ended, timers ring at once.
  [[nodiscard]] virtual bool is_closed() const = 0;
};

}  // namespace conclave::recipes::core
