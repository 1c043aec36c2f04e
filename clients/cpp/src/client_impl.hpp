#pragma once

#include "channel.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/client/session_core.hpp"
#include "conclave/client_loop.hpp"
#include "io_thread_state.hpp"

namespace conclave {

/// The glue between the program's threads, the pure core and the network. One thread runs everything but the public functions,
/// which post.
struct Client::Impl final : ClientLoop, std::enable_shared_from_this<Client::Impl> {
  Impl(ClientOptions options, std::shared_ptr<client::TlsSetup> tls);
  ~Impl() override;
  void start();
  void stop();
  [[nodiscard]] bool has_sent_all();

  void execute(Request&& request, std::optional<std::chrono::milliseconds> timeout, Callback&& done);
  /// Runs `work` on the client's thread and waits for it; at once if it is that thread. False, and nothing is run, once the client
  /// is closed.
  bool run_and_wait(const std::function<void()>& work);
  /// Begins to run it there; it lives until that is done.
  [[nodiscard]] std::future<void> begin(const std::function<void()>& work);
  void close_core();

  /// Pumps soon: what is done until then shares one pass.
  void pump_later();

  // On the client's thread.
  void pump();
  void submit(Request&& request, std::optional<std::chrono::milliseconds> timeout, Callback&& done);
  void drain_inbox();
  void carry_out(client::Action& action);
  void connect(const client::Connect& connect);
  void arm_timer();

  // ClientLoop
  bool post(Work task) override;
  [[nodiscard]] bool is_this_thread() const override;
  [[nodiscard]] bool is_closed() const override { return closed; }
  [[nodiscard]] Instant time() const override { return now(); }
  client::OperationId ask(Request request, Instant deadline, std::function<void(Result<Reply>)> done) override;
  void call_off(client::OperationId operation) override;
  client::LocalWatchId start_watch(WatchOptions watch_options, WatchHandler handler) override;
  client::LocalWatchId start_turn_watch(TurnOptions turn, WatchHandler handler) override;
  client::QueuedUp queue_up(Write place, Instant deadline, Callback done, TurnOptions turn, WatchHandler handler) override;
  void end_watch(client::LocalWatchId watch) override;
  void keep_lease(LeaseId lease, milliseconds ttl, Instant granted_at, std::shared_ptr<std::atomic<std::int64_t>> until,
                  std::function<void(client::LeaseHealth)> told) override;
  void drop_lease(LeaseId lease) override;
  TimerId call_at(Instant when, Work task) override;
  void cancel_call(TimerId id) override;
  void on_close(Work task) override { closers.push_back(std::move(task)); }
  [[nodiscard]] std::shared_ptr<void> attachment(const std::function<std::shared_ptr<void>(ClientLoop&)>& make) override;
  void refresh_kept();
  /// Runs the calls that are due; whether there were any.
  bool ring_due();

  /// CLOCK_BOOTTIME: it goes on while the machine sleeps.
  [[nodiscard]] static Instant now();

  ClientOptions options;
  std::shared_ptr<client::TlsSetup> tls;
  std::shared_ptr<IoThread> io_thread;  ///< let go of by stop()
  std::shared_ptr<IoThread::State> io_state;
  IoThread::State& runner;  ///< in io_state
  std::optional<asio::steady_timer> timer{runner.io};
  std::optional<Instant> timer_at;  ///< what the timer is set to
  std::unique_ptr<client::SessionCore> core;
  std::map<client::LinkId, std::shared_ptr<client::Channel>> channels;
  std::unordered_map<client::OperationId, Callback> waiting;
  struct WatchEntry {
    WatchHandler handler;
  };
  std::map<client::LocalWatchId, std::shared_ptr<WatchEntry>> watches;
  std::map<LeaseId, LeaseHandler> leases;
  std::atomic<std::uint64_t> session_id{0};
  bool pumping = false;
  bool pump_is_posted = false;
  std::atomic<bool> open{false};
  std::atomic<bool> closed{false};  ///< the core is closed

  struct Kept {
    std::shared_ptr<std::atomic<std::int64_t>> until;
    std::function<void(client::LeaseHealth)> told;
  };
  std::map<LeaseId, Kept> kept;
  std::map<std::pair<Instant, TimerId>, Work> calls;
  std::map<TimerId, Instant> call_times;
  TimerId calls_made = 0;
  std::vector<Work> closers;

  struct Submission {
    Request request;
    std::optional<std::chrono::milliseconds> timeout;
    Callback done;
  };
  std::mutex inbox_mutex;
  std::vector<Submission> inbox;  ///< of other threads; one wake-up takes all that is there
  /// Nothing is taken from other threads any more, so that whatever was taken is run before the client is closed.
  bool refusing = false;
  bool ended = false;         ///< nothing of this client runs on its thread any more
  std::vector<Work> refused;  ///< until then: what they hold may be in use there
  std::mutex attach_mutex;    ///< not the inbox's: what is attached may post
  std::shared_ptr<void> attached;
};

}  // namespace conclave
