#pragma once

#include "conclave/base/time.hpp"

namespace conclave::sim {

/// One node's monotonic clock: drifts by some parts per million, may stand still (a machine that is suspended) and go on. It never
/// goes back.
class NodeClock {
 public:
  NodeClock(std::int64_t drift_ppm, Instant local_start) : ppm_(drift_ppm), local_base_(local_start) {}

  [[nodiscard]] Instant local(Instant world) const {
    if (frozen_) return local_base_;
    return local_base_ + Duration((world - world_base_).count() / 1'000'000 * (1'000'000 + ppm_) +
                                  (world - world_base_).count() % 1'000'000 * (1'000'000 + ppm_) / 1'000'000);
  }
  /// When, in the world's time, this clock has reached `local`; not before `world`.
  [[nodiscard]] Instant when(Instant local_time, Instant world) const {
    const auto missing = (local_time - local(world)).count();
    if (missing <= 0) return world;
    return world +
           Duration(missing / (1'000'000 + ppm_) * 1'000'000 + missing % (1'000'000 + ppm_) * 1'000'000 / (1'000'000 + ppm_) + 1);
  }
  void freeze(Instant world) {
    rebase(world);
    frozen_ = true;
  }
  /// Nothing happens to a clock that goes.
  void thaw(Instant world) {
    if (!frozen_) return;
    world_base_ = world;
    frozen_ = false;
  }
  void set_drift(std::int64_t drift_ppm, Instant world) {
    rebase(world);
    ppm_ = drift_ppm;
  }

 private:
  void rebase(Instant world) {
    local_base_ = local(world);
    world_base_ = world;
  }

  std::int64_t ppm_;
  Instant local_base_;
  Instant world_base_{};
  bool frozen_ = false;
};

}  // namespace conclave::sim
