#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "conclave/base/time.hpp"
#include "conclave/client/request.hpp"
#include "conclave/client/session_core.hpp"
#include "conclave/client/types.hpp"

/// The client seen from its own thread: what recipes are built on. Programs have no need of it.
namespace conclave {

/// All functions on the client's thread alone, except where they say otherwise; callbacks come there too, never from within the
/// call that asked for them.
class ClientLoop {
 public:
  using Work = std::function<void()>;
  using TimerId = std::uint64_t;

  virtual ~ClientLoop() = default;

  /// Any thread: runs `work` on the client's thread. False, and nothing is run, once the client is being closed; `work` then goes when
  /// nothing of the client runs on that thread any more, so that what it holds may be in use there until then.
  virtual bool post(Work work) = 0;
  /// Any thread.
  [[nodiscard]] virtual bool is_this_thread() const = 0;
  /// Any thread. From then on requests fail with shutting_down, watches have ended and timers ring at once.
  [[nodiscard]] virtual bool is_closed() const = 0;
  /// Any thread: CLOCK_BOOTTIME, which goes on while the machine sleeps.
  [[nodiscard]] virtual Instant time() const = 0;

  /// `done` exactly once, with the outcomes of SessionCore::submit().
  virtual client::OperationId ask(Request request, Instant deadline, std::function<void(Result<Reply>)> done) = 0;
  virtual void call_off(client::OperationId operation) = 0;
  virtual client::LocalWatchId start_watch(WatchOptions options, std::function<void(const WatchNotice&)> handler) = 0;
  virtual client::LocalWatchId start_turn_watch(TurnOptions options, std::function<void(const WatchNotice&)> handler) = 0;
  /// A write that makes a key and the wait for its turn, SessionCore::queue_up().
  virtual client::QueuedUp queue_up(Write place, Instant deadline, std::function<void(Result<Reply>)> done, TurnOptions turn,
                                    std::function<void(const WatchNotice&)> handler) = 0;
  virtual void end_watch(client::LocalWatchId watch) = 0;

  /// Renews the lease, whose grant was sent at `granted_at`, and writes its local deadline, in nanoseconds of time(), into `until`
  /// whenever it grows. `ttl` may be less than what was granted, SessionCore::keep_alive(). `told`: every change of its health.
  virtual void keep_lease(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<std::atomic<std::int64_t>> until,
                          std::function<void(client::LeaseHealth)> told) = 0;
  virtual void drop_lease(LeaseId lease) = 0;

  /// Once, at `when` or when the client is closed.
  virtual TimerId call_at(Instant when, Work work) = 0;
  virtual void cancel_call(TimerId timer) = 0;
  /// Called when the client is about to close and may still send.
  virtual void on_close(Work work) = 0;

  /// Any thread: what `make` made when it was first asked for; it lives as long as the loop.
  [[nodiscard]] virtual std::shared_ptr<void> attachment(const std::function<std::shared_ptr<void>(ClientLoop&)>& make) = 0;
};

}  // namespace conclave
