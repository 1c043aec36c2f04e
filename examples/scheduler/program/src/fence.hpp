#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "conclave/base/result.hpp"
#include "conclave/base/time.hpp"

namespace conclave::scheduler {

/// The time until which an agent's runs may go on, in a file that their keepers map: they see it without the agent's help, and when
/// the agent is stopped or dead it stands still. On CLOCK_BOOTTIME, which goes on while the machine sleeps.
class Fence {
 public:
  /// Makes the file if there is none.
  [[nodiscard]] static Result<std::unique_ptr<Fence>> open(const std::filesystem::path& path);
  ~Fence();
  Fence(const Fence&) = delete;
  Fence& operator=(const Fence&) = delete;

  void set(Instant until) { until_->store(until.time_since_epoch().count()); }
  [[nodiscard]] Instant until() const { return Instant(Duration(until_->load())); }
  [[nodiscard]] static Instant now();

 private:
  explicit Fence(std::atomic<std::int64_t>* until) : until_(until) {}
  std::atomic<std::int64_t>* until_;
};

}  // namespace conclave::scheduler
