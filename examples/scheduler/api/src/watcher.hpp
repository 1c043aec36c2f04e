#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "conclave/recipes/own/run.hpp"
#include "conclave/recipes_core/cached_view.hpp"
#include "conclave/scheduler_api/live.hpp"

namespace conclave::scheduler::api {

/// Brings a view of the scheduler's keys, which lives on the client's thread, to the thread of `io`: the one watch of this process.
/// All functions on the thread of `io`.
class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  /// `changed` is called after each change.
  Watcher(asio::io_context& io, recipes::Base base, const Keys& keys, std::chrono::milliseconds patience,
          std::function<void()> changed);

  void start();
  /// Nobody is told anything afterwards.
  void stop();

  [[nodiscard]] const Live& live() const { return live_; }
  /// How old what live() has can be; nothing before it has anything.
  [[nodiscard]] std::optional<Duration> age() const;
  using Synced = std::function<void(const Result<Revision>&)>;
  /// Calls `then` as soon as live() has everything that completed before this call. One question is under way at a time: those who
  /// ask meanwhile share the next one.
  void sync(Synced then);

 private:
  void take(const recipes::core::MirrorChange& change);
  void ask();

  asio::io_context& io_;
  recipes::Base base_;
  Live live_;
  std::chrono::milliseconds patience_;
  std::function<void()> changed_;
  recipes::core::ViewPtr view_;
  recipes::core::Subscription on_view_;  ///< the client's thread's
  std::vector<Synced> waiting_;
  bool is_asking_ = false;
  bool is_stopped_ = false;
};

}  // namespace conclave::scheduler::api
