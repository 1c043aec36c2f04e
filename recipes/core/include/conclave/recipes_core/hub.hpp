#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "conclave/recipes_core/keeper.hpp"

namespace conclave::recipes::core {

/// What all recipes of one client share: its leases, and the removal of what they left behind.
class Hub {
 public:
  explicit Hub(Store& store) : store_(store) {}
  ~Hub() = default;
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] std::shared_ptr<Keeper> keeper(const KeeperOptions& options);
  /// Deletes the keys that begin with `prefix`, in the background and again until it is known to be done, or `lease`, which they
  /// hang on, is lost. `for_good`: a write that is under way and would make them comes to nothing, too, if it has made_only_once()
  /// among its conditions.
  void remove(std::string prefix, KeptLeasePtr lease, bool for_good = false);
  /// Writes that are being undone, by name: what they may have made does not count, and nobody makes it anew before they are.
  void begin_undo(const std::string& name) { undoing_.insert(name); }
  void end_undo(const std::string& name);
  [[nodiscard]] bool is_undoing(const std::string& name) const { return undoing_.contains(name); }
  /// Told whenever something was undone.
  [[nodiscard]] Subscription on_undone(std::function<void()> listener) { return undone_.add(std::move(listener)); }
  /// Whether the last who took a place below `prefix` had others before it: then the next one asks for its turn along with the
  /// place.
  [[nodiscard]] bool was_crowded(const std::string& prefix) const { return crowded_.contains(prefix); }
  void note_crowd(const std::string& prefix, bool crowded);
  /// The client is about to close: leases are revoked, without waiting.
  void close();

 private:
  Store& store_;
  std::map<KeeperOptions, std::shared_ptr<Keeper>> keepers_;
  std::multiset<std::string> undoing_;
  Listeners<> undone_;
  std::set<std::string> crowded_;
};
using HubPtr = std::shared_ptr<Hub>;

/// Holds until `key` was removed for good.
[[nodiscard]] Compare made_only_once(const std::string& key);

}  // namespace conclave::recipes::core
