#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conclave/recipes_core/call.hpp"

namespace conclave::recipes::core {

/// A lease of this client that is kept alive. Whoever hangs keys on it shares it; the last to let go of it revokes it.
class KeptLease : public std::enable_shared_from_this<KeptLease> {
 public:
  KeptLease(Store& store, LeaseId id, milliseconds ttl, Instant granted_at);
  ~KeptLease();
  KeptLease(const KeptLease&) = delete;
  KeptLease& operator=(const KeptLease&) = delete;

  [[nodiscard]] LeaseId id() const { return id_; }
  [[nodiscard]] milliseconds ttl() const { return ttl_; }
  /// The local deadline; any thread.
  [[nodiscard]] Instant until() const;
  /// Judged by the local clock alone; any thread.
  [[nodiscard]] bool is_alive() const { return store_.now() < until(); }
  /// Every change of its health; the last is `lost`.
  [[nodiscard]] Subscription on_health(std::function<void(client::LeaseHealth)> listener) {
    return health_.add(std::move(listener));
  }
  /// Raised when it is lost.
  [[nodiscard]] Signal& lost() { return lost_; }
  [[nodiscard]] const Signal& lost() const { return lost_; }
  /// The server says that there is no such lease.
  void declare_lost();
  /// Sends the revocation without waiting for it; nothing is told any more.
  void give_up();
  /// A name that nobody ever had or will have.
  [[nodiscard]] std::string unique_name();

 private:
  Store& store_;
  LeaseId id_;
  milliseconds ttl_;
  std::shared_ptr<LeaseView> view_ = std::make_shared<LeaseView>();
  Listeners<client::LeaseHealth> health_;
  Signal lost_;
  std::uint32_t names_ = 0;
  bool given_up_ = false;
};
using KeptLeasePtr = std::shared_ptr<KeptLease>;

struct KeeperOptions {
  milliseconds ttl{10'000};
  std::string owner;  ///< shown beside the lease
  /// The servers keep a lease that was lost here so much longer, and what hangs on it.
  milliseconds afterwards{0};
  auto operator<=>(const KeeperOptions&) const = default;
};

/// Has one lease for all recipes of a client that want the same: granted when it is first asked for, anew after a loss, revoked
/// when nobody has used it for a TTL.
class Keeper : public std::enable_shared_from_this<Keeper> {
 public:
  Keeper(Store& store, KeeperOptions options) : store_(store), options_(std::move(options)) {}

  Task<Result<KeptLeasePtr>> lease(Call call);
  /// `lease` is given to nobody any more: something that hangs on it may come to life late. It ends with its last user.
  void retire(const KeptLeasePtr& lease);
  void close();

 private:
  using Granted = Result<KeptLeasePtr>;
  Task<Granted> grant();
  Detached run_grant();
  void linger();

  Store& store_;
  KeeperOptions options_;
  KeptLeasePtr current_;
  bool granting_ = false;
  bool lingering_ = false;
  std::vector<std::weak_ptr<Promise<Granted>>> waiting_;
};

}  // namespace conclave::recipes::core
