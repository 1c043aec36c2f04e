#pragma once

#include <functional>
#include <mutex>
#include <utility>

#include "conclave/base/log_sink.hpp"
#include "conclave/engine/event.hpp"

namespace conclave::storage {

/// What the storage threads have to tell. Thread-safe. After the first failure nothing is told any more: whoever still acknowledged
/// something would do so on a disk that cannot be trusted.
class Completions {
 public:
  using Sink = std::function<void(engine::Event)>;

  Completions(Sink sink, LogSink& log) : sink_(std::move(sink)), log_(log) {}

  void report(engine::Event event) {
    const std::scoped_lock lock(mutex_);
    if (!failed_) sink_(std::move(event));
  }
  /// The first call delivers StorageFailed.
  void fail(Error error) {
    const std::scoped_lock lock(mutex_);
    if (failed_) return;
    failed_ = true;
    log_.error("storage failed", {{"error", error.message()}});
    sink_(engine::StorageFailed{std::move(error)});
  }
  [[nodiscard]] bool failed() const {
    const std::scoped_lock lock(mutex_);
    return failed_;
  }

 private:
  mutable std::mutex mutex_;  // held while the sink is called, so that nothing follows StorageFailed
  Sink sink_;
  LogSink& log_;
  bool failed_ = false;
};

}  // namespace conclave::storage
