#pragma once

#include <memory>
#include <string>

#include "conclave/locksmith_fleet/group.hpp"

namespace conclave::locksmith::fleet {

/// Makes a machine known to its group, and tells of it as long as this goes on: a key for good, and one on a lease, which is there
/// while the machine is heard. A machine that was given up for lost is no longer. On the store's thread.
class Registrar : public std::enable_shared_from_this<Registrar> {
 public:
  Registrar(Group group, KeeperOptions keeper, std::string machine);

  void start() { run(shared_from_this()); }
  void stop() { stop_->raise(); }
  /// Written when it differs from what stands there.
  void tell(Presence presence);

 private:
  using Self = std::shared_ptr<Registrar>;
  static Detached run(Self self);
  static Task<Result<bool>> serve(Self self, KeptLeasePtr lease);
  [[nodiscard]] Txn registration(LeaseId lease) const;

  Group group_;
  std::shared_ptr<recipes::core::Keeper> keeper_;
  std::string machine_;
  Presence presence_;
  bool dirty_ = false;
  std::shared_ptr<recipes::core::Signal> stop_ = std::make_shared<recipes::core::Signal>();
  recipes::core::Listeners<> changed_;
};

}  // namespace conclave::locksmith::fleet
