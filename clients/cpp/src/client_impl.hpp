#pragma once

#include "channel.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "conclave/client.hpp"
#include "conclave/client/session_core.hpp"
#include "io_thread_state.hpp"

namespace conclave {

/// The glue between the program's threads, the pure core and the network. One thread runs everything but the public functions,
/// which post.
struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  Impl(ClientOptions options, std::shared_ptr<client::TlsSetup> tls);
  ~Impl();
  void start();
  void stop();

  void execute(Request request, std::optional<std::chrono::milliseconds> timeout, Callback done);
  /// Runs `work` on the client's thread and waits for it; at once if it is that thread.
  void run_and_wait(const std::function<void()>& work);

  /// Pumps soon: what is done until then shares one pass.
  void pump_later();

  // On the client's thread.
  void pump();
  void submit(Request request, std::optional<std::chrono::milliseconds> timeout, Callback done);
  void drain_inbox();
  void carry_out(client::Action& action);
  void connect(const client::Connect& connect);
  void arm_timer();

  /// CLOCK_BOOTTIME: it goes on while the machine sleeps.
  [[nodiscard]] static Instant now();

  ClientOptions options;
  std::shared_ptr<client::TlsSetup> tls;
  std::shared_ptr<IoThread> io_thread;  ///< let go of by stop()
  IoThread::State& runner;              ///< not after stop()
  std::optional<asio::steady_timer> timer{runner.io};
  std::optional<Instant> timer_at;  ///< what the timer is set to
  std::unique_ptr<client::SessionCore> core;
  std::map<client::LinkId, std::shared_ptr<client::Channel>> channels;
  std::map<client::OperationId, Callback> waiting;
  struct WatchEntry {
    WatchHandler handler;
  };
  std::map<client::LocalWatchId, std::shared_ptr<WatchEntry>> watches;
  std::map<LeaseId, LeaseHandler> leases;
  std::atomic<std::uint64_t> session_id{0};
  bool pumping = false;
  bool pump_is_posted = false;
  std::atomic<bool> open{false};

  struct Submission {
    Request request;
    std::optional<std::chrono::milliseconds> timeout;
    Callback done;
  };
  std::mutex inbox_mutex;
  std::vector<Submission> inbox;  ///< of other threads; one wake-up takes all that is there
};

}  // namespace conclave
