#pragma once

#include <map>
#include <memory>
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
  /// hang on, is lost.
  void remove(std::string prefix, KeptLeasePtr lease);
  /// The client is about to close: leases are revoked, without waiting.
  void close();

 private:
  Store& store_;
  std::map<KeeperOptions, std::shared_ptr<Keeper>> keepers_;
};
using HubPtr = std::shared_ptr<Hub>;

}  // namespace conclave::recipes::core
