#pragma once

#include <memory>
#include <optional>
#include <string>

#include "conclave/locksmith_fleet/group.hpp"

namespace conclave::locksmith::fleet {

/// Makes a machine known to its group, and tells of it as long as this goes on: a key for good, and one on a lease, which is there
/// while the machine is heard. A machine that was given up for lost is no longer. On the store's thread.
///
/// One machine at a time is heard under an id. Who finds another boot or host there waits: a former boot of its own machine is gone
/// in a moment, but another machine with the same id, such as a copy of the same disk, stays.
class Registrar : public std::enable_shared_from_this<Registrar> {
 public:
  Registrar(Group group, KeeperOptions keeper, std::string machine);

  void start() { run(shared_from_this()); }
  void stop() { stop_->raise(); }
  /// Written when it differs from what stands there.
  void tell(Presence presence);

  /// Whether the group was asked: the machine is heard, or hindrance() tells why it is not.
  [[nodiscard]] bool is_settled() const { return is_settled_; }
  /// Who else is heard under this id, for people; empty if nobody is.
  [[nodiscard]] const std::string& hindrance() const { return hindrance_; }
  /// Told when these two change.
  [[nodiscard]] recipes::core::Subscription on_change(std::function<void()> listener) { return settled_.add(std::move(listener)); }

 private:
  using Self = std::shared_ptr<Registrar>;
  static Detached run(Self self);
  static Task<Result<bool>> serve(Self self, KeptLeasePtr lease);
  static Task<Result<bool>> make_known(Self self);
  static Task<Result<bool>> announce(Self self, LeaseId lease);
  [[nodiscard]] Txn announcement(LeaseId lease) const;
  [[nodiscard]] std::string alive_key() const { return group_.key("alive", machine_); }
  [[nodiscard]] bool is_own(const Presence& presence) const;
  void see_other(const Presence& other);
  void settle(std::string hindrance);

  Group group_;
  std::shared_ptr<recipes::core::Keeper> keeper_;
  milliseconds ttl_;
  std::string machine_;
  Presence presence_;
  bool dirty_ = false;
  bool is_settled_ = false;
  Revision written_;  ///< the modification of the key that may be overwritten; zero: there is none
  Revision looked_;   ///< as of when
  std::string hindrance_;
  std::string other_;                   ///< who was seen under this id
  std::optional<Instant> other_until_;  ///< a former boot is gone by then
  std::shared_ptr<recipes::core::Signal> stop_ = std::make_shared<recipes::core::Signal>();
  recipes::core::Listeners<> changed_;
  recipes::core::Listeners<> settled_;
};

}  // namespace conclave::locksmith::fleet
