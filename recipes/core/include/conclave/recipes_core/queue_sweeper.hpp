#pragma once

#include <memory>
#include <set>
#include <string>

#include "conclave/recipes_core/cached_view.hpp"
#include "conclave/recipes_core/item_record.hpp"
#include "conclave/recipes_core/place.hpp"

namespace conclave::recipes::core {

/// Puts items back whose takers were lost and whose delays are over. Of all consumers of a queue the oldest does it. Two that
/// believe to be the oldest do no harm: each step is conditional on what it was decided by.
class Sweeper : public std::enable_shared_from_this<Sweeper> {
 public:
  Sweeper(HubPtr hub, KeeperOptions keeper, QueueKeys keys);

  /// Begins with the first call.
  void start();
  void stop() { stop_->raise(); }
  [[nodiscard]] bool is_sweeping() const { return view_ != nullptr; }

 private:
  static Detached run(std::shared_ptr<Sweeper> self);
  static Task<Result<bool>> serve(std::shared_ptr<Sweeper> self);
  static Detached put_back_all(std::shared_ptr<Sweeper> self);
  static Task<Result<bool>> put_back_one(std::shared_ptr<Sweeper> self, std::string id);
  void look_at(const MirrorChange& change);
  [[nodiscard]] bool is_orphan(const KeyMap& keys, const std::string& id) const;

  HubPtr hub_;
  KeeperOptions keeper_;
  QueueKeys keys_;
  bool started_ = false;
  std::shared_ptr<Signal> stop_ = std::make_shared<Signal>();
  ViewPtr view_;               ///< of what is held, while this is the oldest
  std::set<std::string> due_;  ///< ids that seem to have nobody
  unsigned workers_ = 0;
};
using SweeperPtr = std::shared_ptr<Sweeper>;

}  // namespace conclave::recipes::core
