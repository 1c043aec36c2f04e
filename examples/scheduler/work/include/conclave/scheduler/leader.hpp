#pragma once

#include <functional>
#include <memory>
#include <string>

#include "conclave/recipes_core/cached_view.hpp"
#include "conclave/recipes_core/election.hpp"
#include "conclave/scheduler/writes.hpp"

namespace conclave::scheduler {

struct LeaderOptions {
  Settings settings;
  recipes::core::KeeperOptions keeper;
  Duration gather = milliseconds(5);  ///< changes that come within it are answered by one round
  /// Told of each assignment: how long it took from the first change that the round had not seen to the store's answer.
  std::function<void(Duration)> on_assigned;
};

/// One of any number of schedulers. One leads; the others have the same view and wait. Each write of the leader is guarded by its
/// leadership, and made from the view alone: nothing is read again.
class Scheduler : public std::enable_shared_from_this<Scheduler> {
 public:
  using Self = std::shared_ptr<Scheduler>;
  Scheduler(recipes::core::HubPtr hub, Keys keys, LeaderOptions options);

  void start();
  /// It gives up the leadership if it has it.
  void stop();

  struct Counts {
    std::uint64_t rounds = 0;
    std::uint64_t assigned = 0;
    std::uint64_t lost = 0;      ///< taken from agents that are gone
    std::uint64_t requeued = 0;  ///< after a loss or failure
    std::uint64_t dead = 0;
    std::uint64_t conflicts = 0;  ///< writes that came to nothing because something had changed
    std::uint64_t leaderships = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const Picture& picture() const { return picture_; }
  [[nodiscard]] bool leads() const { return place_ && place_->is_kept(); }
  /// Until its leadership can end if nobody renews it.
  [[nodiscard]] std::optional<Duration> lease_left() const {
    return place_ ? std::optional(place_->lease()->until() - store().now()) : std::nullopt;
  }

 private:
  static recipes::core::Detached run(Self self);
  static recipes::core::Task<Result<bool>> lead(Self self, recipes::core::PlacePtr place);
  static recipes::core::Task<Result<bool>> carry_out(Self self, recipes::core::PlacePtr place, std::vector<Decision> decisions,
                                                     Instant since);
  static recipes::core::Task<Result<bool>> catch_up(Self self, recipes::core::PlacePtr place, Revision goal);
  static recipes::core::Task<Result<bool>> await_work(Self self, recipes::core::PlacePtr place, Instant until);
  void take(const recipes::core::MirrorChange& change);
  void count(const Decision& decision);
  [[nodiscard]] recipes::core::Store& store() const { return hub_->store(); }

  recipes::core::HubPtr hub_;
  Keys keys_;
  LeaderOptions options_;
  recipes::core::ViewPtr view_;
  recipes::core::Subscription on_view_;
  std::shared_ptr<recipes::core::Signal> stop_ = std::make_shared<recipes::core::Signal>();
  recipes::core::Listeners<> changed_;
  bool dirty_ = false;
  Instant noticed_{};  ///< when it became so
  Picture picture_;
  recipes::core::PlacePtr place_;
  Counts counts_;
};

}  // namespace conclave::scheduler
