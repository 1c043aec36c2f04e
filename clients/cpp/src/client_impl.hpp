#pragma once

#include "channel.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <map>
#include <memory>
#include <thread>

#include "conclave/client.hpp"
#include "conclave/client/session_core.hpp"

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

  // On the client's thread.
  void pump();
  void carry_out(client::Action& action);
  void connect(const client::Connect& connect);
  void arm_timer();

  /// CLOCK_BOOTTIME: it goes on while the machine sleeps.
  [[nodiscard]] static Instant now();

  ClientOptions options;
  std::shared_ptr<client::TlsSetup> tls;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer timer{io};
  std::unique_ptr<client::SessionCore> core;
  std::map<client::LinkId, std::shared_ptr<client::Channel>> channels;
  std::map<client::OperationId, Callback> waiting;
  std::map<client::OperationId, Result<Reply>> early;  ///< completed before its callback was known
  struct WatchEntry {
    WatchHandler handler;
  };
  std::map<client::LocalWatchId, std::shared_ptr<WatchEntry>> watches;
  std::map<LeaseId, LeaseHandler> leases;
  std::atomic<std::uint64_t> session_id{0};
  bool pumping = false;
  std::thread thread;
};

}  // namespace conclave
